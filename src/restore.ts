import { join } from 'node:path';
import type { By } from './access/policy/change-policy.js';
import { openPolicy } from './access/policy/open-policy.js';
import { type BegunOrigin, beginOrigin } from './access/reopening/begin-origin.js';
import { type SuspendedList, suspendedList } from './access/reopening/suspended.js';
import { originOf } from './audit/origin/origin-of.js';
import { type KeyMembers, parseKeyFrames, readKeyMembers, refuseOtherKeys } from './exchange/backup/keys-file.js';
import { type Loading, loadBackup } from './exchange/backup/load-backup.js';
import { publishAgain } from './exchange/backup/publish-again.js';
import { endRestore, type LoadedBackup } from './exchange/backup/restores.js';
import { openSealed } from './exchange/backup/sealed-file.js';
import { type Machine, onMachine, openMigrated } from './on-machine.js';
import { systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { openedParts } from './platform/lifecycle/opened.js';
import { withAdministrator } from './platform/postgres/sessions/administrator.js';

export interface Restore extends Pick<Loading, 'file' | 'exported' | 'identities' | 'withoutMonths' | 'onProgress'> {
  /** The file of keys. Undefined: the data directory still has them. */
  keys: string | undefined;
  by: By;
}

export interface Restored extends LoadedBackup {
  origin: BegunOrigin;
  suspended: SuspendedList;
}

/**
 * Restores database and keys into an empty database and a data directory without other keys. All is verified before it is committed; then a new origin
 * of the log begins, which suspends every grant, application and upstream. Until it has, no node starts, and the same restore goes on where it ended.
 * Throws Error with one line.
 */
export async function restore(config: Config, asked: Restore): Promise<Restored> {
  const place = { directory: join(config.dataDir, 'keys'), clock: systemClock, given: config.keyFiles };
  const members = await keyMembers(place.directory, asked);
  return onMachine(config, async (machine) => {
    if (machine.running !== undefined)
      throw new Error('A node runs on this data directory: stop it, and restore into an empty one.');
    refuseOtherKeys(place.directory, members);
    const { databaseUrl } = machine;
    const loading = { ...asked, databaseUrl, members, place, origin: originOf(config) };
    const loaded = await withAdministrator(databaseUrl, (client) => loadBackup(client, loading));
    asked.onProgress('Beginning a new origin of the log …');
    return { ...loaded, ...(await goOn(machine, loaded, asked.by)) };
  });
}

async function keyMembers(directory: string, { keys, identities }: Restore): Promise<KeyMembers> {
  if (keys !== undefined) return parseKeyFrames(await openSealed(keys, identities));
  const kept = readKeyMembers(directory);
  if (kept.size > 0) return kept;
  throw new Error(
    `${directory} has no keys, and without its keys a log can't be verified or go on: give the file of keys by --keys.`,
  );
}

async function goOn(
  machine: Machine,
  { previous, closed }: LoadedBackup,
  by: By,
): Promise<Pick<Restored, 'origin' | 'suspended'>> {
  const opened = openedParts();
  try {
    const at = await openMigrated(machine, opened);
    const draft = { base: originOf(machine.config), reason: 'restored from a backup', keys: at.keys };
    const begun = await beginOrigin(at, { ...draft, ...(previous === null ? {} : { previous }) }, by);
    const policy = opened.keep(await openPolicy({ ...at, origin: begun.name }));
    await publishAgain({ ...at, policy }, closed, { ...by, request: at.clock.uuid() });
    await withAdministrator(machine.databaseUrl, endRestore);
    return { origin: begun, suspended: suspendedList(policy.current()) };
  } finally {
    await opened.close();
  }
}
