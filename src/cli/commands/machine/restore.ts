import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { By } from '../../../access/policy/change-policy.js';
import { type Config, loadConfig } from '../../../platform/config.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { print } from '../../output.js';
import { byAccount } from './by-account.js';
import { type MachineOptions, onThisMachine } from './on-this-machine.js';

/** Restores database and keys into an empty machine; resolves with the new origin and what it suspends. */
export type RestoreMachine = (
  config: Config,
  options: {
    file: string;
    keys: string | undefined;
    exported: string | undefined;
    identities: readonly string[];
    withoutMonths: readonly string[];
    onProgress: (line: string) => void;
    by: By;
  },
) => Promise<{
  backupAt: string;
  rows: number;
  replayed: number;
  closed: unknown[];
  origin: { name: string; lost: number };
  suspended: { grants: unknown[]; applications: unknown[] };
}>;

interface RestoreOptions extends MachineOptions {
  keys?: string;
  identity: string;
  withoutMonth: string[];
  export?: string;
}

/** `exchange restore`: a backup into an empty database; everything that grants access is suspended. */
export function restoreCommand(restore: RestoreMachine): Command {
  return onThisMachine(new Command('restore'), '{backupAt, log, rows, replayed, closed, origin, suspended} as JSON')
    .description('restore a backup into an empty database and data directory; all that grants access is suspended')
    .argument('<file>', 'backup of the database')
    .option('--keys <file>', 'backup of the keys; without it the data directory must still have them')
    .requiredOption('--identity <file>', 'private age identity (AGE-SECRET-KEY-1…) that opens them')
    .option(
      '--export <directory>',
      'a newer exchange audit export: its entries are replayed, so that revocations since then hold',
    )
    .option('--without-month <month>', 'a month (2026-11) whose key was destroyed since; repeatable', months, [])
    .action(
      async (file: string, { keys, identity, withoutMonth, export: exported, json, ...flags }: RestoreOptions) => {
        const identities = identitiesOf(identity);
        const onProgress = json ? () => {} : (line: string) => void process.stdout.write(`${line}\n`);
        const options = {
          file,
          keys,
          exported,
          identities,
          withoutMonths: withoutMonth,
          onProgress,
          by: byAccount('exchange restore'),
        };
        const done = await restore(loadConfig(flags), options);
        const { origin, suspended, rows, backupAt } = done;
        const closed = `${suspended.grants.length} grants and ${suspended.applications.length} applications are suspended`;
        print({ json }, done, `Restored ${rows} rows of ${backupAt}. The log goes on as ${origin.name}; ${closed}.`);
      },
    );
}

function months(month: string, before: string[]): string[] {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new CommandError(EXIT.usage, 'A month is written YYYY-MM.');
  return [...before, month];
}

function identitiesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  const found = lines.filter((line) => line.startsWith('AGE-SECRET-KEY-1'));
  if (found.length === 0) throw new CommandError(EXIT.usage, `${file} has no age identity (AGE-SECRET-KEY-1…).`);
  return found;
}
