import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import Type, { type Static } from 'typebox';
import { orderDocument } from '../../../catalog/yaml/order-document.js';
import { writeYaml } from '../../../catalog/yaml/write-yaml.js';
import { type ActingOptions, actingOperator, connectPlatform } from '../../acting.js';
import { type Client, expectSuccess } from '../../client.js';
import { print } from '../../output.js';

interface ExportOptions extends ActingOptions {
  publisher?: string;
  empty?: boolean;
}

const LISTED = Type.Object({ data: Type.Array(Type.Object({ id: Type.String(), publisher: Type.String() })) });
const CONTRACT = Type.Object({
  data: Type.Object({
    document: Type.Record(Type.String(), Type.Unknown()),
    fields: Type.Array(Type.Object({ name: Type.String() })),
  }),
});

/** Adds `export <target>` to the `catalog` command: contracts as YAML into a folder, or as the national form into an .xlsx. */
export function addCatalogExport(catalog: Command): Command {
  return actingOperator(catalog.command('export'), 'print the files that were written, as JSON')
    .argument('<target>', 'a folder, or a file that ends in .xlsx: the national form')
    .option('--publisher <slug>', 'of one publisher alone')
    .option('--empty', 'the national form without entries, to fill in')
    .description('write published contracts back as files: applying them changes nothing')
    .action(exportCatalog);
}

async function exportCatalog(target: string, options: ExportOptions): Promise<void> {
  const client = await connectPlatform(options);
  const files = /\.xlsx$/i.test(target)
    ? [await writeForm(client, target, options)]
    : await writeContracts(client, target, options);
  print(options, { files }, `${files.length} ${files.length === 1 ? 'file' : 'files'} written to ${target}`);
}

async function writeForm(client: Client, target: string, { publisher, empty }: ExportOptions): Promise<string> {
  const query = new URLSearchParams({ ...(publisher && { publisher }), ...(empty && { empty: 'true' }) });
  const reply = await client.send(`/api/v1/catalog/form?${query}`, { method: 'GET', into: target });
  if (reply.status !== 200) expectSuccess(reply, Type.Object({}));
  return target;
}

async function writeContracts(client: Client, folder: string, { publisher }: ExportOptions): Promise<string[]> {
  const { data } = expectSuccess(await client.request('GET', '/api/v1/catalog'), LISTED);
  const files: string[] = [];
  for (const { id } of data.filter((each) => publisher === undefined || each.publisher === publisher)) {
    const contract = expectSuccess(await client.request('GET', `/api/v1/catalog/${id}`), CONTRACT);
    const file = join(folder, `${id.replace(/\/(v\d+)$/, '.$1')}.yaml`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, yamlOf(contract.data));
    files.push(file);
  }
  return files;
}

function yamlOf({ document, fields }: Static<typeof CONTRACT>['data']): string {
  return writeYaml(
    orderDocument(
      document,
      fields.map(({ name }) => name),
    ),
  );
}
