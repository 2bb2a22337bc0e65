import { createHash, createPublicKey, verify } from 'node:crypto';
import type { Reply } from './outside.js';

// Written from the texts of RFC 6962 and the C2SP formats, without any code of the exchange.

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

export interface Receipt {
  index: number;
  leaf: Buffer;
  blind: Buffer;
}

/** RFC 9651 dictionary of an integer and two byte sequences; throws where it is anything else. */
export function receiptOf({ headers }: Reply): Receipt {
  const header = headers['exchange-receipt'] ?? '';
  const found = /^index=(\d{1,15}), leaf=:([A-Za-z0-9+/]{43}=):, blind=:([A-Za-z0-9+/]{43}=):$/.exec(header);
  if (found === null) throw new Error(`no receipt: ${header}`);
  return {
    index: Number(found[1]),
    leaf: Buffer.from(found[2]!, 'base64'),
    blind: Buffer.from(found[3]!, 'base64'),
  };
}

/** RFC 6962, 2.1: the hash of a leaf over its bytes. */
export const leafHash = (bytes: Uint8Array): Buffer => sha256(Buffer.from([0]), bytes);

/** audit.md: SHA-256(blind ‖ body), base64. */
export const answerDigest = (blind: Uint8Array, body: string): string =>
  sha256(blind, Buffer.from(body)).toString('base64');

const node = (left: Uint8Array, right: Uint8Array) => sha256(Buffer.from([1]), left, right);

/** RFC 9162, 2.1.3.2: the root that an inclusion proof gives. */
export function rootOfInclusion(index: number, size: number, leaf: Buffer, path: readonly Buffer[]): Buffer {
  let [at, last, hash] = [index, size - 1, leaf];
  for (const step of path) {
    if (last === 0) throw new Error('The path is too long.');
    if (at % 2 === 1 || at === last) {
      hash = node(step, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else hash = node(hash, step);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Error('The path is too short.');
  return hash;
}

/** RFC 9162, 2.1.4.2: the two roots that a consistency proof connects. */
export function rootsOfConsistency(from: number, to: number, oldRoot: Buffer, path: readonly Buffer[]) {
  const steps = Number.isInteger(Math.log2(from)) ? [oldRoot, ...path] : [...path];
  let [at, last] = [from - 1, to - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [first, second] = [steps[0]!, steps[0]!];
  for (const step of steps.slice(1)) {
    if (last === 0) throw new Error('The path is too long.');
    if (at % 2 === 1 || at === last) {
      [first, second] = [node(step, first), node(step, second)];
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else second = node(second, step);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Error('The path is too short.');
  return { first, second };
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
}

/** C2SP signed-note and tlog-checkpoint: throws unless the note has a valid Ed25519 signature of this verifier key. */
export function openCheckpoint(note: string, vkey: string): Checkpoint {
  const [, name, id, encoded] = /^(.+?)\+([0-9a-f]{8})\+(.+)$/.exec(vkey.trim())!;
  const keyBytes = Buffer.from(encoded!, 'base64');
  if (keyBytes[0] !== 1 || keyBytes.length !== 33) throw new Error('not an Ed25519 verifier key');
  const expectedId = sha256(Buffer.from(`${name}\n`), keyBytes).subarray(0, 4);
  if (expectedId.toString('hex') !== id) throw new Error('the key id is not of this key');
  const end = note.indexOf('\n\n') + 1;
  const text = note.slice(0, end);
  const line = note
    .slice(end + 1)
    .split('\n')
    .find((candidate) => candidate.startsWith(`— ${name} `));
  const signature = Buffer.from(line!.split(' ')[2]!, 'base64');
  if (!signature.subarray(0, 4).equals(expectedId)) throw new Error('signed by another key');
  const key = createPublicKey({
    key: Buffer.concat([SPKI_ED25519, keyBytes.subarray(1)]),
    format: 'der',
    type: 'spki',
  });
  if (!verify(null, Buffer.from(text), key, signature.subarray(4))) throw new Error('the signature is not good');
  const [origin, size, root] = text.split('\n');
  return { origin: origin!, size: Number(size), root: Buffer.from(root!, 'base64') };
}
