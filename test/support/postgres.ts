import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';
import { migrate } from '../../src/platform/postgres/migrate.js';

/** Starts a server in a temporary directory of its own, with the migrated template. */
export async function startTestServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-test-'));
  chmodSync(directory, 0o711); // as root the server runs as another user, who needs access
  const postgres = await startPostgres({ dataDir: directory });
  await migrate(postgres.url);
  const stop = async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: postgres.url, stop };
}
