import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { sha256 } from '../tree/hash.js';

export interface VerifierKey {
  name: string;
  id: Buffer;
  key: KeyObject;
}

/** A checkpoint with a checked signature. */
export interface SignedCheckpoint {
  origin: string;
  size: number;
  root: Buffer;
}

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** A C2SP vkey of type Ed25519. Throws Error naming the fault. */
export function parseVerifierKey(text: string): VerifierKey {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim());
  if (match === null) throw new Error('the verifier key has not the form name+id+key');
  const [, name = '', id = '', encoded = ''] = match;
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 33 || typed[0] !== 1) throw new Error('the verifier key is not an Ed25519 key');
  const own = keyId(name, typed);
  if (own.toString('hex') !== id) throw new Error('the id of the verifier key is not the hash of its key');
  const key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, typed.subarray(1)]), format: 'der', type: 'spki' });
  return { name, id: own, key };
}

function keyId(name: string, typed: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).subarray(0, 4);
}

/** The body of a C2SP signed note with a checked signature. Throws Error naming the fault; `called` is the note's name in it. */
export function openNote(note: string, vkey: VerifierKey, called: string): string {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new Error(`the ${called} is not a signed note`);
  const body = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (!lines.some((line) => isSignedBy(line, body, vkey))) {
    throw new Error(`the ${called} has no valid signature by ${vkey.name}`);
  }
  return body;
}

/** Checks the signature of a checkpoint. Throws Error naming the fault. */
export function openCheckpoint(note: string, vkey: VerifierKey): SignedCheckpoint {
  const body = openNote(note, vkey, 'checkpoint');
  const match = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n/.exec(body);
  if (match === null) throw new Error('the checkpoint has not the form origin, size, root');
  const [, origin = '', size, root = ''] = match;
  if (origin !== vkey.name) throw new Error(`the checkpoint is of the log ${origin}, the key of ${vkey.name}`);
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
}

/** As `openCheckpoint`, under any origin of the log that the key is of. */
export function openOfLog(note: string, vkey: VerifierKey): SignedCheckpoint {
  return openCheckpoint(note, keyForOrigin(note, vkey));
}

/**
 * The same key under the name in the note's first line, where both are of one log: each origin after the first adds its number (`…/2`). A name of
 * another log leaves the key as it is.
 */
function keyForOrigin(note: string, vkey: VerifierKey): VerifierKey {
  const name = note.slice(0, note.indexOf('\n'));
  if (name === vkey.name || logName(name) !== logName(vkey.name)) return vkey;
  const raw = vkey.key.export({ format: 'der', type: 'spki' }).subarray(SPKI_ED25519.length);
  return { ...vkey, name, id: keyId(name, Buffer.concat([Buffer.of(1), raw])) };
}

function logName(origin: string): string {
  return origin.replace(/\/[1-9]\d*$/, '');
}

function isSignedBy(line: string, body: string, vkey: VerifierKey): boolean {
  const match = /^— (\S+) ([A-Za-z0-9+/]+=*)$/.exec(line);
  const [, name, encoded] = match ?? [];
  if (encoded === undefined || name !== vkey.name) return false;
  const signature = Buffer.from(encoded, 'base64');
  if (signature.length !== 68 || !signature.subarray(0, 4).equals(vkey.id)) return false;
  return verify(null, Buffer.from(body), vkey.key, signature.subarray(4));
}
