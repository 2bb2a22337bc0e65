import type { KeyObject } from 'node:crypto';
import { checkpointBody, signNote } from '../tree/note.js';
import { rootAt } from '../tree/proof.js';
import { MissingHash, type Queryable, storedHashes } from '../tree/stored-tree.js';
import { LogFault } from './log-fault.js';
import { originNumber, readOrigins } from './origins.js';
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

export interface Signing {
  directory: string;
  /** Name of the origin under which the log goes on. */
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
      if (seen !== undefined && originNumber(seen.origin) !== originNumber(origin)) {
        if (await isBefore(database, seen, { size, newest })) await refuseOther(seen);
        seen = undefined;
      }
      const known = seen?.size ?? 0;
      if (size < known) throw LogFault.shorter(size, known, 'the signer');
      if (!compared && seen !== undefined && known > 0) await refuseOther(seen);
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

/**
 * What was signed under an older origin holds up to where that one ended, once a checkpoint of ours covers the new one. Whether it is from before that,
 * so that the entries must be those that were signed. @throws LogFault where the log has no newer origin, or none that was signed
 */
async function isBefore(
  database: Queryable,
  older: Signed,
  { size, newest }: { size: number; newest: Checkpoint | undefined },
): Promise<boolean> {
  const began = (await readOrigins(database)).find(({ number }) => number > originNumber(older.origin));
  if (began === undefined) {
    throw size < older.size
      ? LogFault.shorter(size, older.size, 'the signer')
      : LogFault.other(older.size, 'the signer');
  }
  if (newest === undefined || newest.size <= began.common) throw LogFault.unsigned();
  return older.size <= began.common && began.another !== true;
}

/** Signs and publishes the first checkpoint of an origin. What was seen is of this origin from then on. */
export async function publishFirst({ directory, origin, key, database }: Signing, size: number): Promise<void> {
  const root = await rootAt(storedHashes(database), size);
  await writeSigned(directory, { origin, size, root: root.toString('base64') });
  const note = signNote(checkpointBody(origin, size, root), origin, key);
  await database.query('INSERT INTO audit.checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    size,
    note,
  ]);
}
