import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/platform/embedded-postgres.js';
import { migrate } from '../../src/platform/migrate.js';

/** What a test run shares: one server, and in it one migrated database that is cloned for each test file. */
export interface TestServer {
  /** Of the template database; nobody stays connected to it. */
  url: string;
  /** Of the process that holds the server. */
  holder: number;
}

/** Where the run that `runner` (the tap process) leads writes its connection: `before` files can't pass an environment on. */
export function serverFile(runner: number): string {
  return join(tmpdir(), `civic-exchange-test-${runner}.json`);
}

export function findServer(): TestServer | undefined {
  const file = serverFile(process.ppid);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Starts a server of its own in a temporary directory, with the migrated template. */
export async function startTestServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-test-'));
  chmodSync(directory, 0o711); // as root the server runs as another user, who must get in
  const postgres = await startPostgres({ dataDir: directory });
  await migrate(postgres.url);
  const stop = async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: postgres.url, stop };
}
