import { createReadStream, statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import Type from 'typebox';
import { datasetParts } from '../../../catalog/names.js';
import type { Reply } from '../../../client/http.js';
import { connectPlatform, withServer } from '../../acting.js';
import { type Client, expectSuccess } from '../../client.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { mediaTypeOf } from '../../media-type.js';
import { print } from '../../output.js';

interface DraftOptions {
  dataset: string;
  title?: string;
  entity?: string;
  type?: string;
  charset?: string;
  as?: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

const DRAFT = Type.Object({ data: Type.Object({ yaml: Type.String() }) });

/** Adds `draft <source> [table]` to the `catalog` command: prints a contract as far as a file, or a table of an upstream, shows it. */
export function addCatalogDraft(catalog: Command): Command {
  const draft = catalog
    .command('draft')
    .argument('<source>', 'a file (CSV, .xlsx, NDJSON, Parquet), or publisher/name of an approved upstream')
    .argument('[table]', 'a table or view of the upstream, such as public.fees')
    .requiredOption('--dataset <publisher/name>', 'the dataset to be', parseName)
    .option('--title <title>', 'its title in Chinese')
    .option('--entity <entity>', 'the entity of the standard (default: the one that fits best)')
    .option('--type <media-type>', 'media type of the file (default: by its content and name)')
    .option('--charset <charset>', 'of a CSV file')
    .option('--as <application>', 'who asks (default: who is signed in, else <publisher>-publisher)');
  return withServer(draft, 'JSON: the draft with reasons and certainties')
    .description('draft a contract from data: YAML, with what a person must decide as comments')
    .action(draftContract);
}

function parseName(text: string): string {
  if (/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected publisher/name, such as housing/parking.');
}

async function draftContract(source: string, table: string | undefined, options: DraftOptions): Promise<void> {
  const application = options.as ?? `${datasetParts(options.dataset).publisher}-publisher`;
  const client = await connectPlatform(options, application);
  const query = new URLSearchParams({ dataset: options.dataset });
  for (const term of ['title', 'entity'] as const) if (options[term] !== undefined) query.set(term, options[term]);
  const path = `/api/v1/catalog/drafts?${query}`;
  const reply =
    table === undefined
      ? await sendFile(client, path, { file: source, options })
      : await sendTable(client, path, { upstream: source, table });
  const drafted = expectSuccess(reply, DRAFT);
  print(options, drafted, drafted.data.yaml.trimEnd());
}

function sendFile(
  client: Client,
  path: string,
  { file, options }: { file: string; options: DraftOptions },
): Promise<Reply> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CommandError(EXIT.usage, `${file} is no file; of an upstream, name a table too.`);
  }
  const { contentType, encoding } = mediaTypeOf(file, options);
  const headers = { 'content-type': contentType, ...(encoding === 'gzip' ? { 'content-encoding': encoding } : {}) };
  return client.request('POST', path, headers, createReadStream(file));
}

function sendTable(client: Client, path: string, named: { upstream: string; table: string }): Promise<Reply> {
  return client.request('POST', path, { 'content-type': 'application/json' }, JSON.stringify(named));
}
