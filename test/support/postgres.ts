import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';
import { migrate } from '../../src/platform/postgres/migrate.js';

/** Starts a server in a temporary directory of its own, with the migrated template. */
export async function startTestServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(memory() ?? tmpdir(), 'civic-exchange-test-'));
  chmodSync(directory, 0o711); // as root the server runs as another user, who needs access
  const postgres = await startPostgres({ dataDir: directory });
  await migrate(postgres.url);
  const stop = async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: postgres.url, stop };
}

/**
 * The folder of shared memory, where programs may run from it and 4 GiB are free: hundreds of databases are made and dropped, and each waits for the
 * disk. What a crash leaves is tested by `test/long`, on disks.
 */
function memory(): string | undefined {
  const folder = '/dev/shm';
  if (!existsSync(folder)) return undefined;
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === folder);
  const { bavail, bsize } = statfsSync(folder);
  return mounted !== undefined && !mounted.includes('noexec') && bavail * bsize > 4 * 1024 ** 3 ? folder : undefined;
}
