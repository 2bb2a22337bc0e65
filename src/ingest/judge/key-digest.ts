/** A set of rows: how many, and the sum modulo 2^64 of the first 64 bits of their row numbers (`catalog/row-id.ts`). */
export interface KeyDigest {
  rows: number;
  digest: bigint;
}

const BITS = 64;
const HEX_DIGITS = BITS / 4;

export function emptyDigest(): KeyDigest {
  return { rows: 0, digest: 0n };
}

export function addKey(keys: KeyDigest, rowIdHex: string): void {
  keys.rows++;
  keys.digest = BigInt.asUintN(BITS, keys.digest + BigInt(`0x${rowIdHex.slice(0, HEX_DIGITS)}`));
}

/** From PostgreSQL, whose 64-bit numbers are signed. */
export function digestFromSums(rows: string, sum: string): KeyDigest {
  return { rows: Number(rows), digest: BigInt.asUintN(BITS, BigInt(sum)) };
}

/** 16 hexadecimal digits. */
export function digestText({ digest }: KeyDigest): string {
  return digest.toString(16).padStart(HEX_DIGITS, '0');
}
