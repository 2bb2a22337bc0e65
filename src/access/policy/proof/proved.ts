import { hash } from 'node:crypto';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from '../../../platform/private-file.js';
import type { PolicyEntry } from './policy-entries.js';

/**
 * How far this node has proved the policy: all entries below `size` were read, and those of the policy have this digest. Kept beside the keys, where
 * nobody writes by SQL, so that the next start hashes only what is newer.
 */
export interface Proved {
  size: number;
  /** hex. */
  digest: string;
}

export const NOTHING_PROVED: Proved = { size: 0, digest: '' };

/** A chain over indexes and leaf hashes, in order: it has no gap where an entry is left out. */
export function digestOf(before: string, entries: readonly PolicyEntry[]): string {
  return entries.reduce(
    (digest, { index, leaf }) => hash('sha256', `${digest} ${index} ${leaf.toString('hex')}`),
    before,
  );
}

/** A damaged file proves nothing: the start reads the whole log again. */
export function readProved(directory: string): Proved {
  try {
    const { size, digest } = JSON.parse(readPrivateFile(fileIn(directory)) ?? '{}') as Partial<Proved>;
    return Number.isSafeInteger(size) && typeof digest === 'string' ? { size: Number(size), digest } : NOTHING_PROVED;
  } catch {
    return NOTHING_PROVED;
  }
}

export function writeProved(directory: string, proved: Proved): void {
  writePrivateFile(fileIn(directory), JSON.stringify(proved));
}

const fileIn = (directory: string) => join(directory, 'policy-state.json');
