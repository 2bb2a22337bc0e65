import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { type KeyPlace, openKeyFiles } from '../../platform/keys/key-files.js';
import { readKnownKeys } from '../../platform/keys/known-keys.js';
import { transaction } from '../../platform/postgres/in-transaction.js';
import { migrate } from '../../platform/postgres/migrate.js';
import { type KeyMembers, signerOf, withKeysIn, withoutKeys } from './keys-file.js';
import { readBackup } from './read-backup.js';
import { replayExport } from './replay-export.js';
import { type LoadedBackup, noteRestore, refuseFilled, unendedRestore } from './restores.js';
import { openSealed } from './sealed-file.js';

/** A backup, and where it goes. */
export interface Loading {
  /** As who may create roles. */
  databaseUrl: string;
  file: string;
  /** Private age identities. */
  identities: readonly string[];
  /** Directory of a newer export of the log. */
  exported: string | undefined;
  members: KeyMembers;
  /** Folder that gets the keys. */
  place: KeyPlace;
  /** Months (`2026-11`) whose keys were destroyed since. */
  withoutMonths: readonly string[];
  /** Name of a log that has no checkpoint yet. */
  origin: string;
  onProgress: (line: string) => void;
}

/**
 * Loads a backup into an empty database, verified before it is committed; a restore that was ended after that commit is taken up again. Throws Error
 * with one line; then the database is as before.
 */
export async function loadBackup(client: pg.Client, loading: Loading): Promise<LoadedBackup> {
  const unended = await unendedRestore(client);
  if (unended !== undefined) return keepKeys(client, loading, async () => unended);
  await refuseFilled(client);
  const signer = signerFor(loading);
  const plain = await openSealed(loading.file, loading.identities);
  await migrate(loading.databaseUrl);
  return transaction(client, async () => {
    const { header, rows } = await readBackup({ client, signer, plain, onProgress: loading.onProgress });
    const { size, root, origin } = header.log;
    const replayed = await replay(client, loading, { signer, origin: origin ?? loading.origin });
    const loaded = { backupAt: header.at, rows, log: { size, root }, previous: origin, ...replayed };
    return keepKeys(client, loading, async () => {
      await noteRestore(client, loaded);
      return loaded;
    });
  });
}

function signerFor({ members, place }: Loading): KeyObject {
  const given = place.given?.checkpointSigner;
  const pem = given === undefined ? members : new Map([['checkpoint-signer.pem', readFileSync(given, 'utf8')]]);
  const signer = signerOf(pem);
  if (signer !== undefined) return signer;
  throw new Error('The keys have no checkpoint-signer.pem: give it by EXCHANGE_CHECKPOINT_SIGNER_FILE.');
}

async function replay(
  client: pg.Client,
  { exported: directory, place: { clock }, onProgress }: Loading,
  log: { signer: KeyObject; origin: string },
): Promise<Pick<LoadedBackup, 'replayed' | 'closed'>> {
  if (directory === undefined) return { replayed: 0, closed: [] };
  onProgress('Replaying the newer entries of the export …');
  const { entries, closed } = await replayExport({ client, clock, directory, ...log });
  return { replayed: entries, closed };
}

/**
 * Keys come right before the commit of what the work does: keys without their rows refuse to start, rows without their keys would get new ones. All
 * are compared with the fingerprints in the restored rows.
 */
async function keepKeys<T>(
  client: pg.Client,
  { members, place, withoutMonths }: Loading,
  work: () => Promise<T>,
): Promise<T> {
  const months = withoutMonths.map((month) => `month-${month}`);
  await client.query('UPDATE exchange.key SET destroyed_at = now() WHERE name = ANY ($1) AND destroyed_at IS NULL', [
    months,
  ]);
  const known = await readKnownKeys(client);
  return withKeysIn(place.directory, withoutKeys(members, known.destroyed), async () => {
    await openKeyFiles(place, known);
    return work();
  });
}
