import { Command } from 'commander';
import { type Config, loadConfig } from '../../../platform/config.js';
import { print } from '../../output.js';
import { type MachineOptions, onThisMachine } from './on-this-machine.js';

/** Updates the tables of the machine's database. */
export type MigrateMachine = (config: Config) => Promise<void>;

/** Updates the platform's tables without serving. Starts the embedded PostgreSQL for it and stops it again. */
export function migrateCommand(migrateMachine: MigrateMachine): Command {
  return onThisMachine(new Command('migrate'), '{migrated} as JSON')
    .description("bring the platform's own tables up to date")
    .action(async ({ json, ...flags }: MachineOptions) => {
      await migrateMachine(loadConfig(flags));
      print({ json }, { migrated: true }, 'The tables are up to date.');
    });
}
