import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../../platform/clock.js';
import { type Client, connect, expectSuccess } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';

interface DeliverOptions {
  mode: 'snapshot' | 'delta';
  as?: string;
  type?: string;
  charset?: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

const MEDIA_TYPES: Record<string, string> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
};
const REJECTS_SHOWN = 10;
const DATASET = /^([a-z][a-z0-9-]*)\/([a-z][a-z0-9-]*)(?:\/v([1-9][0-9]*))?$/;

/** Streams one file to the dataset's delivery endpoint and tells how it ended. Exit code 1 where the delivery was rejected. */
export function deliverCommand(): Command {
  return new Command('deliver')
    .argument('<dataset>', 'publisher/dataset, or publisher/dataset/v2 for another major than 1', parseDataset)
    .argument('<file>', '.csv, .ndjson, .xlsx or .parquet, also with .gz behind')
    .description('hand a file over as a delivery')
    .addOption(new Option('--mode <mode>', 'what the file holds').choices(['snapshot', 'delta']).default('snapshot'))
    .option('--as <application>', 'the delivering application (default: <publisher>-publisher)')
    .option('--type <media type>', 'where the name of the file does not tell')
    .option('--charset <name>', 'of a CSV file: utf-8 or gb18030')
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print the reply as JSON')
    .action(deliver);
}

interface DatasetName {
  publisher: string;
  path: string;
}

function parseDataset(text: string): DatasetName {
  const [, publisher, dataset, major = '1'] = DATASET.exec(text) ?? [];
  if (!publisher) throw new InvalidArgumentError('Expected publisher/dataset, such as police/resident.');
  return { publisher, path: `/data/${publisher}/${dataset}/v${major}` };
}

async function deliver(dataset: DatasetName, file: string, options: DeliverOptions): Promise<void> {
  const headers = headersFor(file, options);
  const application = options.as ?? `${dataset.publisher}-publisher`;
  const client = await connect({ ...options, application, resource: 'data' });
  const path = `${dataset.path}/deliveries`;
  const reply = await client.request('POST', `${path}?mode=${options.mode}`, headers, createReadStream(file));
  const result = expectSuccess(reply);
  print(options, result, summary(result));
  if (!options.json && Number(result.rejected) > 0) await printRejects(client, `${path}/${result.id}/rejects`);
  if (result.state !== 'published') process.exitCode = EXIT.refused;
}

function headersFor(file: string, { type, charset }: DeliverOptions): Record<string, string> {
  const [, extension = '', gzip] = /\.([a-z0-9]+)(\.gz)?$/i.exec(file) ?? [];
  const media = type ?? typeOfContent(file) ?? MEDIA_TYPES[extension.toLowerCase()];
  if (!media) throw new CommandError(EXIT.usage, `${file}: name its media type by --type.`);
  return {
    'content-type': charset === undefined ? media : `${media}; charset=${charset}`,
    'idempotency-key': systemClock.uuid(),
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  };
}

/** What begins as a workbook or as Parquet is that, whatever its name says. A missing file is told as such. */
function typeOfContent(file: string): string | undefined {
  const beginning = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, beginning);
  } finally {
    closeSync(descriptor);
  }
  const magic = beginning.toString('latin1');
  if (magic === 'PK\x03\x04') return MEDIA_TYPES.xlsx;
  return magic === 'PAR1' ? MEDIA_TYPES.parquet : undefined;
}

function summary(result: Record<string, unknown>): string {
  const { state, received, accepted, rejected, deleted, release } = result;
  const counts = `${received} received, ${accepted} accepted, ${rejected} rejected, ${deleted} deleted`;
  return state === 'published' ? `published as release ${release}: ${counts}` : `${state}: ${counts}`;
}

interface RejectError {
  field: string | null;
  reason: string;
  sheet?: string;
  cell?: string;
}

async function printRejects(client: Client, path: string): Promise<void> {
  const reply = await client.request('GET', path);
  if (reply.status !== 200) return;
  const rejects = reply.text.split('\n').filter(Boolean);
  for (const text of rejects.slice(0, REJECTS_SHOWN)) {
    const { line, errors } = JSON.parse(text) as { line: number; errors: RejectError[] };
    const told = errors.map(
      ({ field, reason, sheet, cell }) => `${cell ? `${sheet}!${cell} ` : ''}${field ?? 'row'}: ${reason}`,
    );
    process.stdout.write(`  line ${line}: ${told.join('; ')}\n`);
  }
  const more = rejects.length - REJECTS_SHOWN;
  if (more > 0) process.stdout.write(`  and ${more} more: GET ${client.baseUrl}${path}\n`);
}
