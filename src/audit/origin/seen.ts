import type { KeyObject } from 'node:crypto';
import { checkpointBody, signNote } from '../tree/note.js';
import { rootAt } from '../tree/proof.js';
import { MissingHash, type Queryable, storedHashes } from '../tree/stored-tree.js';
import { LogFault } from './log-fault.js';
import { readSigned, type Signed, writeSigned } from './signer-state.js';

export interface Checkpoint {
  size: number;
  /** A C2SP signed note. */
  note: string;
}

/** How much of the log was signed, as this machine has seen it: kept outside the database, so that it shows where the database is set back. */
export interface SignedSoFar {
  size(): number;
  /** @throws LogFault where the database holds fewer entries (`size`) than were signed, or others than a newer checkpoint signs */
  compare(size: number, newest: Checkpoint | undefined): Promise<void>;
  /** The signed note of this size. What was seen is durable before it returns. @throws LogFault */
  sign(size: number): Promise<string>;
}

interface Signing {
  directory: string;
  origin: string;
  key: KeyObject;
  database: Queryable;
}

export async function openSeen({ directory, origin, key, database }: Signing): Promise<SignedSoFar> {
  let seen: Signed | undefined = await readSigned(directory);
  let compared = false;

  /** Read anew each time: a cache would be of the history before. */
  async function root(size: number): Promise<Buffer> {
    try {
      return await rootAt(storedHashes(database), size);
    } catch (error) {
      throw error instanceof MissingHash ? LogFault.damaged(size) : error;
    }
  }

  async function refuseOther(known: Signed): Promise<void> {
    if ((await root(known.size)).toString('base64') !== known.root) throw LogFault.other(known.size, 'the signer');
  }

  /** Saved before the checkpoint is published: after a crash in between, a size is skipped, but none is signed twice. */
  async function save(size: number, hash: Buffer): Promise<void> {
    if (seen !== undefined) await refuseOther(seen);
    const next = { origin, size, root: hash.toString('base64') };
    await writeSigned(directory, next);
    seen = next;
  }

  const noteAt = (size: number, hash: Buffer): string => signNote(checkpointBody(origin, size, hash), origin, key);
  return {
    size: () => seen?.size ?? 0,
    async compare(size, newest) {
      const known = seen?.size ?? 0;
      if (size < known) throw LogFault.shorter(size, known, 'the signer');
      if (!compared && seen !== undefined) await refuseOther(seen);
      compared = true;
      if (newest === undefined || newest.size <= known) return;
      if (size < newest.size) throw LogFault.shorter(size, newest.size, 'the newest checkpoint');
      const hash = await root(newest.size);
      // Ed25519 is deterministic: the same body gives the same note.
      if (noteAt(newest.size, hash) !== newest.note) throw LogFault.other(newest.size, 'the newest checkpoint');
      await save(newest.size, hash);
    },
    async sign(size) {
      const hash = await root(size);
      await save(size, hash);
      return noteAt(size, hash);
    },
  };
}
