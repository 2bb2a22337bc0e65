import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import { keyFrames, readKeyMembers, withoutKeys } from './exchange/backup/keys-file.js';
import { dropPartials, writeSealed } from './exchange/backup/sealed-file.js';
import { refuseOtherVersion } from './exchange/backup/tables.js';
import { writeBackup } from './exchange/backup/write-backup.js';
import { onMachine } from './on-machine.js';
import { systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { openKeys } from './platform/keys/open-keys.js';
import { withAdministrator } from './platform/postgres/sessions/administrator.js';

export interface BackUp {
  directory: string;
  /** Public age recipients. */
  recipients: readonly string[];
  onProgress: (line: string) => void;
}

export interface BackedUp {
  database: string;
  keys: string;
  log: { size: number; root: string };
  tables: number;
  rows: number;
  bytes: number;
}

/**
 * Backs up the database and the keys of this machine into two encrypted files, whether a node runs or not. Throws Error with one line; then neither
 * file is there.
 */
export async function backUp(config: Config, { directory, recipients, onProgress }: BackUp): Promise<BackedUp> {
  const keysDirectory = join(config.dataDir, 'keys');
  if (readKeyMembers(keysDirectory).size === 0)
    throw new Error(`${keysDirectory} holds no keys: a backup is made where the exchange has run.`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await dropPartials(directory);
  return onMachine(config, async ({ databaseUrl }) => {
    await withAdministrator(databaseUrl, refuseOtherVersion);
    const place = { directory: keysDirectory, clock: systemClock, given: config.keyFiles };
    const keys = await openKeys(place, databaseUrl);
    if (recipients.includes(await identityToRecipient(keys.package))) {
      throw new Error(
        'A recipient is the package key of this exchange, whose private half is lost with it: give another.',
      );
    }
    const at = new Date(systemClock.now()).toISOString();
    const path = (what: string) => join(directory, `${what}-${at.replaceAll(':', '').replace(/\.\d+/, '')}.age`);
    const [database, keysPath] = [path('civic-exchange'), path('civic-exchange-keys')];
    const backup = await withAdministrator(databaseUrl, (client) =>
      writeBackup({ client, signer: keys.checkpointSigner, path: database, recipients, at, onProgress }),
    );
    const { file, log, tables, rows, destroyed } = backup;
    try {
      // Read after the rows: what was signed is then at least what the rows have.
      const members = withoutKeys(readKeyMembers(keysDirectory), destroyed);
      const keysFile = await writeSealed(keysPath, recipients, keyFrames(members, at));
      await keysFile.keep();
      await file.keep();
    } catch (error) {
      await file.drop();
      throw error;
    }
    return { database, keys: keysPath, log: { size: log.size, root: log.root }, tables, rows, bytes: file.bytes };
  });
}
