import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { sha256 } from './hash.js';

/** Signature type of Ed25519 in C2SP signed-note. */
const ED25519 = 0x01;
const SPKI_PREFIX_BYTES = 12;

/** Body of a C2SP tlog-checkpoint: three lines, no extensions. */
export function checkpointBody(origin: string, size: number, root: Buffer): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** A C2SP signed note: the body, an empty line, one signature line. */
export function signNote(body: string, name: string, signer: KeyObject): string {
  const signature = Buffer.concat([keyId(name, signer), sign(null, Buffer.from(body), signer)]);
  return `${body}\n— ${name} ${signature.toString('base64')}\n`;
}

/** The C2SP verifier key: `name+hex key id+base64(0x01 ‖ public key)`. */
export function verifierKey(name: string, signer: KeyObject): string {
  const key = Buffer.concat([Buffer.from([ED25519]), publicBytes(signer)]);
  return `${name}+${keyId(name, signer).toString('hex')}+${key.toString('base64')}`;
}

function keyId(name: string, signer: KeyObject): Buffer {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), publicBytes(signer)])).subarray(0, 4);
}

function publicBytes(signer: KeyObject): Buffer {
  return createPublicKey(signer).export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX_BYTES);
}
