import { createECDH, createPublicKey } from 'node:crypto';

type Jwk = Readonly<Record<string, unknown>>;

/**
 * What a public key is, whatever its form: `EC x`, `OKP x`; undefined if it is no point of its curve. The two points of P-256 with one x have
 * private keys that follow from each other.
 */
export function keyIdentity(key: Jwk): string | undefined {
  const { kty, crv, x, y } = key;
  const jwk = { kty: String(kty), crv: String(crv), x: String(x), ...(y === undefined ? {} : { y: String(y) }) };
  try {
    const exported = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' });
    return `${exported.kty} ${exported.x}`;
  } catch {
    return undefined;
  }
}

/** Why anyone could sign with the key; undefined if it is sound. @param identity by `keyIdentity` */
export function weakness(identity: string): string | undefined {
  const [kty, x = ''] = identity.split(' ');
  if (kty === 'OKP' && isSmallOrder(Buffer.from(x, 'base64url'))) return 'The key is a point of small order';
  if (KNOWN.has(identity) || guessable().has(identity)) return 'The private key to this key is public';
  return undefined;
}

/** 2^255 − 19 */
const P = 2n ** 255n - 19n;
/** y of the points whose order divides 8 (RFC 7748, 7 warns of them): under such a key one signature fits many messages. */
const ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER = new Set([0n, 1n, P - 1n, ORDER_8, P - ORDER_8]);

/** A y that is not reduced counts too: libraries differ in what they make of it. */
function isSmallOrder(bytes: Buffer): boolean {
  const y = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) & (2n ** 255n - 1n);
  return y >= P || SMALL_ORDER.has(y);
}

/** Examples of RFC 7515 A.3, RFC 7517 A.2 and RFC 8037 A.1, which have their private halves beside them. */
const KNOWN = new Set([
  'EC f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  'EC MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  'OKP 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJHURo',
]);

const SMALLEST_SCALARS = 32;
let made: Set<string> | undefined;

/** Public keys of P-256 whose private key is a very small number. */
function guessable(): ReadonlySet<string> {
  made ??= new Set(
    Array.from({ length: SMALLEST_SCALARS }, (_, i) => {
      const curve = createECDH('prime256v1');
      curve.setPrivateKey(Buffer.from([i + 1]));
      return `EC ${curve.getPublicKey().subarray(1, 33).toString('base64url')}`;
    }),
  );
  return made;
}
