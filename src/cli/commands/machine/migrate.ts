import { Command } from 'commander';
import { type Config, loadConfig } from '../../../platform/config.js';
import { print } from '../../output.js';

/** Updates the tables of the machine's database. */
export type MigrateMachine = (config: Config) => Promise<void>;

interface MigrateOptions {
  dataDir?: string;
  databaseUrl?: string;
  postgresUser?: string;
  json?: boolean;
}

/** Updates the platform's tables without serving. Starts the embedded PostgreSQL for it and stops it again. */
export function migrateCommand(migrateMachine: MigrateMachine): Command {
  return new Command('migrate')
    .description("bring the platform's own tables up to date")
    .option('--data-dir <dir>', 'data directory with the embedded PostgreSQL')
    .option('--database-url <url>', 'another PostgreSQL')
    .option('--postgres-user <name>', "as root: the embedded PostgreSQL's account")
    .option('--json', 'print {migrated} as JSON')
    .action(async ({ json, ...flags }: MigrateOptions) => {
      await migrateMachine(loadConfig(flags));
      print({ json }, { migrated: true }, 'The tables are up to date.');
    });
}
