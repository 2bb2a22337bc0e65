import { rmSync } from 'node:fs';
import { writePrivateFile } from '../../src/platform/private-file.js';
import { startTestServer } from './postgres.js';
import { serverFile, type TestServer } from './run.js';

// Holds the PostgreSQL of one test run from before.ts until after.ts ends it, or until the runner is gone.
const runner = Number(process.argv[2]);
const server = await startTestServer();
const file: TestServer = { url: server.url, holder: process.pid };
writePrivateFile(serverFile(runner), JSON.stringify(file));

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  rmSync(serverFile(runner), { force: true });
  await server.stop();
  process.exit(0);
}

process.on('SIGTERM', stop);
setInterval(() => isAlive(runner) || stop(), 500);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
