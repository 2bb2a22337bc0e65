import { lockDataDirectory } from '../../src/platform/data-directory.js';
import { startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';

// A process that holds an embedded PostgreSQL, for a test to kill: prints the postmaster's pid, stops on SIGTERM.
const dataDir = process.argv[2]!;
const unlock = lockDataDirectory(dataDir);
const postgres = await startPostgres({ dataDir });
process.on('SIGTERM', async () => {
  await postgres.stop();
  unlock();
  process.exit(0);
});
process.stdout.write(`${postgres.pid}\n`);
setInterval(() => {}, 60_000);
