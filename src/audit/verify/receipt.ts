import { parseDictionary } from 'structured-headers';
import type { Receipt } from '../entry.js';
import { leafHash, sha256 } from '../tree/hash.js';
import { openEntry } from './entry.js';
import { openOfLog, parseVerifierKey, type SignedCheckpoint } from './note.js';
import { includes } from './proof.js';

/** The value of `Exchange-Receipt`, with or without the header's name. Throws Error where it is no receipt. */
export function parseReceipt(text: string): Receipt {
  const [index, leaf, blind] = membersOf(text.replace(/^exchange-receipt:/i, '').trim());
  if (!Number.isSafeInteger(index) || Number(index) < 0 || !isHash(leaf) || !isHash(blind)) {
    throw new Error('the receipt has not the form index=…, leaf=:…:, blind=:…:');
  }
  return { index: Number(index), leaf: Buffer.from(leaf), blind: Buffer.from(blind) };
}

function membersOf(text: string): unknown[] {
  try {
    const dictionary = parseDictionary(text);
    return ['index', 'leaf', 'blind'].map((name) => dictionary.get(name)?.[0]);
  } catch {
    return [];
  }
}

function isHash(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer && value.byteLength === 32;
}

export interface Proof {
  index: number;
  hashes: Buffer[];
  checkpoint: string;
  /** Canonical bytes of the entry, from the extra line that `exchange audit proof` writes. */
  entry: Buffer | undefined;
}

const PROOF =
  /^c2sp\.org\/tlog-proof@v1\n(?:extra ([A-Za-z0-9+/]+=*)\n)?index (0|[1-9]\d{0,14})\n((?:[A-Za-z0-9+/]{43}=\n){0,63})\n([\s\S]+)$/;

/** A C2SP tlog-proof. Throws Error where it is none. */
export function parseProof(text: string): Proof {
  const match = PROOF.exec(text);
  if (match === null) throw new Error('the proof is not a C2SP tlog-proof');
  const [, extra, index, hashes = '', checkpoint = ''] = match;
  return {
    index: Number(index),
    hashes: hashes
      .split('\n')
      .filter(Boolean)
      .map((hash) => Buffer.from(hash, 'base64')),
    checkpoint,
    entry: extra === undefined ? undefined : Buffer.from(extra, 'base64'),
  };
}

/**
 * Verifies a receipt under a signed checkpoint, and the answer's body against the entry. Throws Error naming what fails.
 * @returns what is proven: the checkpoint that covers it, and the entry's time where its bytes were given
 */
export function verifyReceipt(
  receipt: Receipt,
  proof: Proof,
  { vkey, body }: { vkey: string; body: Buffer | undefined },
): { checkpoint: SignedCheckpoint; time: string | undefined; answer: boolean } {
  if (proof.index !== receipt.index)
    throw new Error(`the proof is of entry ${proof.index}, the receipt of ${receipt.index}`);
  const checkpoint = openOfLog(proof.checkpoint, parseVerifierKey(vkey));
  if (!includes(receipt.leaf, proof.hashes, { ...checkpoint, index: receipt.index })) {
    throw new Error(`entry ${receipt.index} with this leaf is not in the log`);
  }
  const time = proof.entry === undefined ? undefined : verifyEntry(receipt, proof.entry, body);
  if (body !== undefined && time === undefined)
    throw new Error('the answer can only be checked with the entry: the proof has no extra line');
  return { checkpoint, time, answer: body !== undefined };
}

function verifyEntry(receipt: Receipt, bytes: Buffer, body: Buffer | undefined): string {
  if (!leafHash(bytes).equals(receipt.leaf))
    throw new Error(`the bytes of entry ${receipt.index} are not those of the receipt`);
  const { time, answerDigest } = openEntry(bytes);
  if (body === undefined) return time;
  const digest = sha256(Buffer.concat([receipt.blind, body])).toString('base64');
  if (digest !== answerDigest) throw new Error(`the answer is not the one that entry ${receipt.index} recorded`);
  return time;
}
