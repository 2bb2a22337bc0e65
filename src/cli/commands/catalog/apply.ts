import { join } from 'node:path';
import type { Command } from 'commander';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { type LoadedCatalog, loadCatalog } from '../../../catalog/load.js';
import type { Reply } from '../../../client/http.js';
import { type ActingOptions, actingOperator, callPlatform } from '../../acting.js';
import { expectSuccess } from '../../client.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { print } from '../../output.js';
import { faultLine } from './check.js';

const LISTS = ['contracts', 'publishers', 'purposes'] as const;

/** Adds `apply [dir]` to the `catalog` command: publishes new and changed contracts of the folder, on every live node. */
export function addCatalogApply(catalog: Command): Command {
  return actingOperator(catalog.command('apply'), 'print the report as JSON')
    .argument('[dir]', 'folder of the catalog', 'catalog')
    .description('publish what is new or changed; live at both doors when the command returns')
    .action(apply);
}

async function apply(directory: string, options: ActingOptions): Promise<void> {
  const loaded = await loadCatalog(directory);
  if (loaded.faults.length > 0) throw new CommandError(EXIT.refused, loaded.faults.map(faultLine).join('\n'));
  const documents = Object.fromEntries(LISTS.map((list) => [list, loaded[list].map(({ document }) => document)]));
  const reply = await callPlatform(options, 'POST', '/api/v1/catalog', JSON.stringify(documents));
  const faults = reply.status === 422 ? placedFaults(reply, loaded, directory) : [];
  if (faults.length > 0) throw new CommandError(EXIT.refused, faults.join('\n'));
  const report = expectSuccess(reply, REPORT);
  print(options, report, summary(report));
}

const REPORT = Type.Object({
  published: Type.Array(Type.Object({ kind: Type.String(), id: Type.String() })),
  unchanged: Type.Array(Type.String()),
  behind: Type.Optional(Type.Array(Type.String())),
});

function summary({ published, unchanged, behind = [] }: Static<typeof REPORT>): string {
  const lines = published.map(({ kind, id }) => `published ${kind} ${id}`);
  const late = behind.map((node) => `node ${node} does not serve it yet`);
  return [...lines, `${published.length} published, ${unchanged.length} unchanged`, ...late].join('\n');
}

const REFUSED = Type.Object({
  errors: Type.Array(
    Type.Object({
      pointer: Type.Optional(Type.String()),
      reason: Type.String(),
      suggestion: Type.Optional(Type.String()),
    }),
  ),
});

/** The server names faults by a pointer into what was sent; this adds their file and line. */
function placedFaults(reply: Reply, loaded: LoadedCatalog, directory: string): string[] {
  const body = reply.json();
  if (!Check(REFUSED, body)) return [];
  return body.errors.map(({ pointer = '', ...fault }) => {
    const [, named, number, path = ''] = /^\/([a-z]+)\/(\d+)(.*)$/.exec(pointer) ?? [];
    const list = LISTS.find((each) => each === named);
    const found = list === undefined ? undefined : loaded[list][Number(number)];
    if (!found) return faultLine({ file: directory, path: pointer, ...fault });
    const line = found.lineOf(path);
    return faultLine({ file: join(directory, found.file), path, ...(line === undefined ? {} : { line }), ...fault });
  });
}
