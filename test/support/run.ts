import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the files of a test run share: one server, with one migrated database that each file clones. */
export interface TestServer {
  /** Of the template database; nobody stays connected to it. */
  url: string;
  /** Process id of the holder of the server. */
  holder: number;
}

/** File with the connection of the run that `runner` (the tap process) leads: `before` files can't pass an environment on. */
export function serverFile(runner: number): string {
  return join(tmpdir(), `civic-exchange-test-${runner}.json`);
}

/** The runner is the parent of a file that tap runs by itself, and named in the environment of a file that `test/suite.ts` runs. */
export function findServer(): TestServer | undefined {
  return serverOf(Number(process.env.EXCHANGE_TEST_RUNNER ?? process.ppid));
}

/** The server of the run that `runner` leads. A run inside a test of another run has one of its own. */
export function serverOf(runner: number): TestServer | undefined {
  const file = serverFile(runner);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
