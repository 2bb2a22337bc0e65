import type { KeyObject } from 'node:crypto';
import type { Command } from 'commander';
import type { ChangeDependencies } from '../../../access/policy/change-policy.js';
import type { Config } from '../../../platform/config.js';

/** What a command that works on the machine's own data directory and database takes. */
export interface MachineOptions {
  dataDir?: string;
  databaseUrl?: string;
  postgresUser?: string;
  json?: boolean;
}

/** @param json what `--json` prints */
export function onThisMachine(command: Command, json: string): Command {
  return command
    .option('--data-dir <dir>', 'where everything is kept (default .exchange)')
    .option('--database-url <url>', 'a PostgreSQL instead of the embedded one')
    .option('--postgres-user <name>', "as root: the embedded PostgreSQL's account")
    .option('--json', `print ${json}`);
}

/** The log of this machine, open for a command. */
interface OnThisLog extends Omit<ChangeDependencies, 'policy'> {
  keys: { directory: string; checkpointSigner: KeyObject; cookies: Buffer };
  /** As the owner of the tables; contains the password. */
  databaseUrl: string;
  /** Id of this work among the nodes. */
  node: string;
  /** The node that serves on this machine. */
  running: { baseUrl: string } | undefined;
}

/** Opens keys, database and log of this machine for the work, whether a node runs or not. */
export type AtLog = <T>(config: Config, work: (at: OnThisLog) => Promise<T>) => Promise<T>;

/** As `AtLog`, with the policy open. */
export type ActOnMachine = <T>(
  config: Config,
  work: (acting: OnThisLog & ChangeDependencies) => Promise<T>,
) => Promise<T>;
