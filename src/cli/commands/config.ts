import { Command } from 'commander';
import { loadConfig, printableConfig } from '../../platform/config.js';
import { print } from '../output.js';

/** `exchange config print`: the effective settings, secrets hidden. */
export function configCommand(): Command {
  const config = new Command('config').description('the settings in force');
  config
    .command('print')
    .description('print the effective settings, secrets hidden')
    .option('--json', 'print as JSON')
    .action((options: { json?: boolean }) => {
      const settings = printableConfig(loadConfig());
      const lines = Object.entries(settings).map(([name, value]) => `${name}: ${show(value)}`);
      print(options, settings, lines.join('\n'));
    });
  return config;
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
