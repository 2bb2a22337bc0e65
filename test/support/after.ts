import { existsSync } from 'node:fs';
import { waitFor } from '../../src/platform/postgres/embedded/wait-for.js';
import { serverFile, serverOf } from './run.js';

const server = serverOf(process.ppid);
if (server) {
  process.kill(server.holder, 'SIGTERM');
  const stopped = await waitFor(() => !existsSync(serverFile(process.ppid)), 30_000);
  if (!stopped) throw new Error('The PostgreSQL of the test run did not stop.');
}
