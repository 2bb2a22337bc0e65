import { Command } from 'commander';
import { type Config, loadConfig } from '../../platform/config.js';
import { lockDataDirectory } from '../../platform/data-directory.js';
import { startPostgres } from '../../platform/postgres/embedded/start-postgres.js';
import { migrate } from '../../platform/postgres/migrate.js';
import { print } from '../output.js';

interface MigrateOptions {
  dataDir?: string;
  databaseUrl?: string;
  postgresUser?: string;
  json?: boolean;
}

/** Updates the platform's tables without serving. Starts the embedded PostgreSQL for it and stops it again. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description("bring the platform's own tables up to date")
    .option('--data-dir <dir>', 'data directory with the embedded PostgreSQL')
    .option('--database-url <url>', 'another PostgreSQL')
    .option('--postgres-user <name>', "as root: the embedded PostgreSQL's account")
    .option('--json', 'print {migrated} as JSON')
    .action(async (options: MigrateOptions) => {
      const config = loadConfig(options);
      if (config.databaseUrl === undefined) await migrateEmbedded(config);
      else await migrate(config.databaseUrl);
      print(options, { migrated: true }, 'The tables are up to date.');
    });
}

async function migrateEmbedded(config: Config): Promise<void> {
  const unlock = lockDataDirectory(config.dataDir);
  try {
    const postgres = await startPostgres(config);
    await migrate(postgres.url).finally(() => postgres.stop());
  } finally {
    unlock();
  }
}
