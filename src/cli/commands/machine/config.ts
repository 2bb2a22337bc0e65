import { join } from 'node:path';
import { Command } from 'commander';
import { loadConfig, printableConfig } from '../../../platform/config.js';
import { packageRecipient } from '../../../platform/keys/key-files.js';
import { print } from '../../output.js';

/** `exchange config print`: the effective settings, secrets hidden. */
export function configCommand(): Command {
  const config = new Command('config').description('the settings in force');
  config
    .command('print')
    .description('print the effective settings and the public package key, secrets hidden')
    .option('--data-dir <dir>', 'where everything is kept')
    .option('--json', 'print as JSON')
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const config = loadConfig({ dataDir: options.dataDir });
      const recipient = await packageRecipient(join(config.dataDir, 'keys'), config.keyFiles);
      const settings = { ...printableConfig(config), packageKey: recipient ?? '(made at the first start)' };
      const lines = Object.entries(settings).map(([name, value]) => `${name}: ${show(value)}`);
      print(options, settings, lines.join('\n'));
    });
  return config;
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
