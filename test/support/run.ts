import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
