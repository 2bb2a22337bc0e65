import { join } from 'node:path';
import type { Command } from 'commander';
import { type LoadedCatalog, loadCatalog } from '../../catalog/load.js';
import type { Reply } from '../../client/http.js';
import { systemClock } from '../../platform/clock.js';
import { connect, expectSuccess } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';
import { faultLine } from './catalog-check.js';

interface CatalogApplyOptions {
  as: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

const LISTS = ['contracts', 'publishers', 'purposes'] as const;

/** Adds `apply [dir]` to the `catalog` command: publishes new and changed contracts of the folder, on every live node. */
export function addCatalogApply(catalog: Command): Command {
  return catalog
    .command('apply')
    .argument('[dir]', 'folder of the catalog', 'catalog')
    .description('publish what is new or changed; live at both doors when the command returns')
    .option('--as <application>', 'an application with the role operator', 'operator-app')
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print the report as JSON')
    .action(apply);
}

async function apply(directory: string, options: CatalogApplyOptions): Promise<void> {
  const loaded = await loadCatalog(directory);
  if (loaded.faults.length > 0) throw new CommandError(EXIT.refused, loaded.faults.map(faultLine).join('\n'));
  const client = await connect({ ...options, application: options.as, resource: 'platform' });
  const documents = Object.fromEntries(LISTS.map((list) => [list, loaded[list].map(({ document }) => document)]));
  const headers = { 'content-type': 'application/json', 'idempotency-key': systemClock.uuid() };
  const reply = await client.request('POST', '/api/v1/catalog', headers, JSON.stringify(documents));
  const faults = reply.status === 422 ? placedFaults(reply, loaded, directory) : [];
  if (faults.length > 0) throw new CommandError(EXIT.refused, faults.join('\n'));
  const report = expectSuccess(reply) as unknown as ApplyReport;
  print(options, report, summary(report));
}

interface ApplyReport {
  published: { kind: string; id: string }[];
  unchanged: string[];
  behind?: string[];
}

function summary({ published, unchanged, behind = [] }: ApplyReport): string {
  const lines = published.map(({ kind, id }) => `published ${kind} ${id}`);
  const late = behind.map((node) => `node ${node} does not serve it yet`);
  return [...lines, `${published.length} published, ${unchanged.length} unchanged`, ...late].join('\n');
}

/** The server names faults by a pointer into what was sent; this adds their file and line. */
function placedFaults(reply: Reply, loaded: LoadedCatalog, directory: string): string[] {
  const { errors = [] } = reply.json() as { errors?: { pointer?: string; reason: string; suggestion?: string }[] };
  return errors.map(({ pointer = '', ...fault }) => {
    const [, list, number, path = ''] = /^\/(contracts|publishers|purposes)\/(\d+)(.*)$/.exec(pointer) ?? [];
    const found = list === undefined ? undefined : loaded[list as (typeof LISTS)[number]][Number(number)];
    if (!found) return faultLine({ file: directory, path: pointer, ...fault });
    const line = found.lineOf(path);
    return faultLine({ file: join(directory, found.file), path, ...(line === undefined ? {} : { line }), ...fault });
  });
}
