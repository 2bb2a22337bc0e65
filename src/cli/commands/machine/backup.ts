import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Config, loadConfig } from '../../../platform/config.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { print } from '../../output.js';
import { type MachineOptions, onThisMachine } from './on-this-machine.js';

/** Backs up database and keys of this machine; resolves with the two files and what they hold. */
export type BackUpMachine = (
  config: Config,
  options: { directory: string; recipients: readonly string[]; onProgress: (line: string) => void },
) => Promise<{ database: string; keys: string; log: { size: number; root: string }; rows: number; bytes: number }>;

interface BackupOptions extends MachineOptions {
  recipients: string;
}

/** `exchange backup`: the database and the keys, each in an encrypted file, while the exchange runs or not. */
export function backupCommand(backUp: BackUpMachine): Command {
  return onThisMachine(new Command('backup'), '{database, keys, log, tables, rows, bytes} as JSON')
    .description('back up database and keys into two encrypted files, whether the exchange runs or not')
    .argument('<directory>', 'where the files go')
    .requiredOption(
      '--recipients <file>',
      'age recipients (age1…, one a line), or one of them; their private halves are elsewhere',
    )
    .action(async (directory: string, { recipients, json, ...flags }: BackupOptions) => {
      const to = recipientsOf(recipients);
      const onProgress = json ? () => {} : (line: string) => void process.stdout.write(`${line}\n`);
      const done = await backUp(loadConfig(flags), { directory, recipients: to, onProgress });
      const { database, keys, log, rows, bytes } = done;
      print({ json }, done, `${database} (${rows} rows, ${bytes} bytes; log of ${log.size} entries) and ${keys}`);
    });
}

function recipientsOf(given: string): string[] {
  if (!/^age/i.test(given) && !existsSync(given))
    throw new CommandError(EXIT.usage, `${given}: no such file, and no recipient (age1…).`);
  const text = /^age/i.test(given) && !existsSync(given) ? given : readFileSync(given, 'utf8');
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) throw new CommandError(EXIT.usage, `${given} has no recipient: write one a line (age1…).`);
  if (lines.some((line) => /^AGE-SECRET-KEY/i.test(line))) {
    throw new CommandError(
      EXIT.usage,
      'A recipient is a private key: give its public half (age1…), and keep the private one elsewhere.',
    );
  }
  const bad = lines.find((line) => !/^age1[02-9ac-hj-np-z]{58}$/.test(line));
  if (bad !== undefined) throw new CommandError(EXIT.usage, `${bad.slice(0, 80)} is no age recipient (age1…).`);
  return lines;
}
