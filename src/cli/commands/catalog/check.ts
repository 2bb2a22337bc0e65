import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type CheckedCatalog, checkCatalog } from '../../../catalog/check/check-catalog.js';
import type { CatalogFault } from '../../../catalog/check/fault.js';
import { errorCode } from '../../../platform/errors.js';

/** Adds `check [dir]` to the `catalog` command. Exit code: 0 no faults, 1 faults, 2 unreadable folder. */
export function addCatalogCheck(catalog: Command): Command {
  return catalog
    .command('check')
    .argument('[dir]', 'folder of the catalog', 'catalog')
    .description('explain every fault of the catalog with file, line and what was probably meant')
    .option('--json', 'print {faults, contracts} as JSON')
    .action(async (directory: string, options: { json?: boolean }) => {
      const code = await runCatalogCheck(directory, options, (text) => process.stdout.write(text));
      if (code !== 0) process.exitCode = code;
    });
}

/** Checks and prints; returns the exit code. */
export async function runCatalogCheck(
  directory: string,
  options: { json?: boolean },
  print: (text: string) => void,
): Promise<number> {
  let checked: CheckedCatalog;
  try {
    checked = await checkCatalog(resolve(directory));
  } catch (error) {
    const reason = errorCode(error) ?? 'it is unreadable';
    print(options.json ? `${JSON.stringify({ error: reason })}\n` : `${directory}: can't be read (${reason})\n`);
    return 2;
  }
  const { faults } = checked;
  const contracts = checked.contracts.map((contract) => ({
    id: contract.id,
    version: `${contract.major}.${contract.minor}`,
    hash: contract.hash,
  }));
  if (options.json) print(`${JSON.stringify({ faults, contracts }, null, 2)}\n`);
  else {
    for (const fault of faults) print(`${faultLine(fault)}\n`);
    print(`${contracts.length} contracts, ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}\n`);
  }
  return faults.length === 0 ? 0 : 1;
}

/** `police/resident.v1.yaml:12: /filterable/3: There is no field brn (did you mean born)` */
export function faultLine({ file, line, path, reason, expected, suggestion }: CatalogFault): string {
  const place = [file, line].filter((part) => part !== undefined).join(':');
  const hints = [
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(suggestion === undefined ? [] : [`did you mean ${suggestion}`]),
  ];
  const hint = hints.length === 0 ? '' : ` (${hints.join('; ')})`;
  return `${place}: ${path === '' ? '' : `${path}: `}${reason}${hint}`;
}
