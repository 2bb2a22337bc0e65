import { existsSync, statSync } from 'node:fs';
import { Command, Option } from 'commander';
import { DATASET_HELP, type DatasetName, datasetOf } from '../dataset-name.js';
import { chooseFiles } from '../deliver/choose-files.js';
import { deliverDirectory } from '../deliver/deliver-directory.js';
import { deliverOne } from '../deliver/deliver-one.js';
import type { DeliverOptions } from '../deliver/deliver-options.js';
import { CommandError, EXIT } from '../exit-code.js';

const HELP = `
A directory: its files are delivered in the order of their names. Without <dataset>, or with a dot for it, folders name it:
<directory>/police/resident/2026-11.csv. A snapshot replaces what its deliverer has published before, so several snapshot files for one
dataset are refused: deliver them as --mode delta, choose one by --pattern, or let every contributor deliver its own part (--as).
A file that was delivered before, and whose part has not changed since, shows as unchanged.

Files are uploaded in parts. An upload resumes after a broken connection and waits while the exchange is busy. Ctrl-C cancels what has not
been published; your files are not changed. Exit code 1 where any file was rejected or refused.`;

/** Delivers files and prints how they ended. Exit code 1 where one was rejected. */
export function deliverCommand(): Command {
  return new Command('deliver')
    .argument('<dataset>', `${DATASET_HELP}; for a directory also a dot, or omitted`)
    .argument('[file or directory]', '.csv, .ndjson, .xlsx or .parquet, also with .gz, or a directory of such files')
    .usage('[options] <dataset> <file or directory>')
    .description('deliver a file, or each file of a directory')
    .addOption(new Option('--mode <mode>', 'what a file holds').choices(['snapshot', 'delta']).default('snapshot'))
    .option('--pattern <glob>', "for a directory: only files whose names match, such as '*.xlsx'")
    .option('--rejects <dir>', 'save rejected rows there; those of a workbook as a workbook with comments')
    .option('--again', 'deliver it although the same file was published before')
    .option('--as <application>', 'the delivering application (default: <publisher>-publisher)')
    .option('--type <media type>', 'needed where the file name does not show it')
    .option('--charset <name>', 'of a CSV file: utf-8 or gb18030')
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print the reply as JSON; for a directory one line per file, and a summary')
    .addHelpText('after', HELP)
    .action(deliver);
}

async function deliver(first: string, second: string | undefined, options: DeliverOptions): Promise<void> {
  const [named, path] = second === undefined ? ['.', first] : [first, second];
  const dataset = named === '.' ? undefined : parse(named);
  if (dataset === undefined && datasetOf(path) && !existsSync(path)) {
    throw new CommandError(EXIT.usage, `Name the file or directory to deliver to ${path}.`);
  }
  const isDirectory = statSync(path).isDirectory();
  if (!isDirectory && dataset === undefined) throw new CommandError(EXIT.usage, `Name the dataset of ${path}.`);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt); // a second one ends the process as usual
  try {
    if (!isDirectory) await deliverOne(dataset!, path, { ...options, signal: stop.signal });
    else {
      const choice = chooseFiles(path, { dataset, pattern: options.pattern, mode: options.mode });
      await deliverDirectory(choice, { ...options, signal: stop.signal });
    }
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function parse(text: string): DatasetName {
  const found = datasetOf(text);
  if (found === undefined) throw new CommandError(EXIT.usage, 'Expected publisher/dataset, such as police/resident.');
  return found;
}
