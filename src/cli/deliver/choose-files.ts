import { readdirSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { type DatasetName, datasetOf } from '../dataset-name.js';
import { CommandError, EXIT } from '../exit-code.js';
import { isNamedAsData } from '../media-type.js';

/** A file and the dataset that it goes to. */
export interface ChosenFile {
  file: string;
  /** Path below the directory; for a single file its name. */
  name: string;
  dataset: DatasetName;
  bytes: number;
}

export interface FileChoice {
  chosen: ChosenFile[];
  /** Names of files that are not delivered, with the reason. */
  leftOut: { name: string; reason: string }[];
}

interface FileChoiceOptions {
  /** Undefined: the folders `publisher/dataset` name it. */
  dataset: DatasetName | undefined;
  pattern: string | undefined;
  mode: 'snapshot' | 'delta';
}

/**
 * The files of a directory, in the order of their names.
 * @throws CommandError where there is nothing to deliver, or where snapshots of one dataset would replace each other
 */
export function chooseFiles(directory: string, choosing: FileChoiceOptions): FileChoice {
  const choice: FileChoice = { chosen: [], leftOut: [] };
  const wanted = patternOf(choosing.pattern);
  for (const name of filesOf(directory, choosing.dataset === undefined)) {
    if (!wanted.test(basename(name))) continue;
    const dataset = choosing.dataset ?? datasetOf(name.split('/').slice(0, -1).join('/'));
    const reason = reasonAgainst(name, dataset);
    if (reason !== undefined) choice.leftOut.push({ name, reason });
    else {
      const file = join(directory, name);
      choice.chosen.push({ file, name, dataset: dataset!, bytes: statSync(file).size });
    }
  }
  if (choice.chosen.length === 0) throw new CommandError(EXIT.usage, nothing(directory, choice));
  if (choosing.mode === 'snapshot') refuseReplacing(choice.chosen);
  return choice;
}

function filesOf(directory: string, recursive: boolean): string[] {
  return readdirSync(directory, { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part.startsWith('.') || part.startsWith('~$')))
    .sort();
}

function reasonAgainst(name: string, dataset: DatasetName | undefined): string | undefined {
  if (/\.xls$/i.test(name)) return 'save it as .xlsx (Excel workbook), or as CSV';
  if (!isNamedAsData(name)) return 'its name is not that of a data file';
  return dataset === undefined ? 'it lies in no folder publisher/dataset' : undefined;
}

function nothing(directory: string, { leftOut }: FileChoice): string {
  const lines = leftOut.map(({ name, reason }) => `  ${name}: ${reason}`);
  return [`${directory} has no file to deliver.`, ...lines].join('\n');
}

function refuseReplacing(chosen: readonly ChosenFile[]): void {
  for (const contract of new Set(chosen.map(({ dataset }) => dataset.contract))) {
    const files = chosen.filter(({ dataset }) => dataset.contract === contract);
    if (files.length === 1) continue;
    const names = files.map(({ name }) => name).join(', ');
    const advice = 'Add --mode delta, choose one by --pattern, or deliver each part as its own contributor (--as).';
    const message = `${contract}: each snapshot would replace the one before in its part (${names}). ${advice}`;
    throw new CommandError(EXIT.usage, message);
  }
}

/** `*` and `?` as in a shell. */
function patternOf(pattern = '*'): RegExp {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u');
}
