import { Command, InvalidArgumentError } from 'commander';
import Type, { type Static } from 'typebox';
import { systemClock } from '../../platform/clock.js';
import { connectPlatform, withServer } from '../acting.js';
import { type Client, connect, expectSuccess } from '../client.js';
import { DATASET_HELP, type DatasetName, parseDataset } from '../dataset-name.js';
import { EXIT } from '../exit-code.js';
import { print } from '../output.js';
import { tableOf } from '../table.js';

interface SourceOptions {
  as?: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

const RUN = Type.Object({
  id: Type.String(),
  cause: Type.String(),
  state: Type.String(),
  queuedAt: Type.String(),
  reason: Type.Union([Type.String(), Type.Null()]),
  report: Type.Union([
    Type.Object({
      reconciliation: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      kept: Type.Optional(Type.Number()),
    }),
    Type.Null(),
  ]),
});

const CHECKED = Type.Object({ data: Type.Object({ tables: Type.Union([Type.Number(), Type.Null()]) }) });
const LISTED = Type.Union([
  Type.Object({ table: Type.String(), kind: Type.String() }),
  Type.Object({ name: Type.String(), type: Type.String() }),
]);
const DISCOVERED = Type.Object({ data: Type.Array(LISTED) });

const WAIT = { prefer: 'wait=20' };
const ENDED = ['published', 'rejected', 'failed'];

/** `source run|list|check|discover`: pulls the source of a dataset now and prints how its runs ended; looks into upstreams. */
export function sourceCommand(): Command {
  const source = new Command('source').description(
    'run the sources that datasets are pulled from, and look into upstreams',
  );
  asPublisher(source.command('run')).description('pull it now, and wait for the end').action(runNow);
  asPublisher(source.command('list')).description('its last runs').action(listRuns);
  asDepartment(source.command('check'))
    .description('connect to an approved upstream, and log in to a database')
    .action(checkUpstream);
  asDepartment(source.command('discover'))
    .argument('[table]', 'show its columns')
    .description('list the tables of an approved upstream, or the columns of one')
    .action(discover);
  return source;
}

function asDepartment(command: Command): Command {
  const of = command.argument('<publisher/upstream>', 'such as housing/main-db', parseUpstream);
  return withServer(
    of.option('--as <application>', 'who asks (default: who is signed in, else <publisher>-publisher)'),
  );
}

function parseUpstream(text: string): string {
  if (/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError('Expected publisher/name, such as housing/main-db.');
}

async function checkUpstream(upstream: string, options: SourceOptions): Promise<void> {
  const reply = await (await ofDepartment(upstream, options)).request('POST', `/api/v1/upstreams/${upstream}/check`);
  const result = expectSuccess(reply, CHECKED);
  const { tables } = result.data;
  print(options, result, `${upstream} answers${tables === null ? '' : `: ${tables} tables`}`);
}

async function discover(upstream: string, table: string | undefined, options: SourceOptions): Promise<void> {
  const of = table === undefined ? '' : `/${encodeURIComponent(table)}`;
  const reply = await (await ofDepartment(upstream, options)).request(
    'GET',
    `/api/v1/upstreams/${upstream}/tables${of}`,
  );
  const result = expectSuccess(reply, DISCOVERED);
  const lines = result.data.map((one) => ('table' in one ? [one.table, one.kind] : [one.name, one.type]));
  print(options, result, lines.length === 0 ? 'Its user may read no table.' : tableOf(lines));
}

function ofDepartment(upstream: string, options: SourceOptions): Promise<Client> {
  const [publisher = ''] = upstream.split('/');
  return connectPlatform(options, `${publisher}-publisher`);
}

function asPublisher(command: Command): Command {
  const of = command.argument('<dataset>', DATASET_HELP, parseDataset);
  return withServer(
    of.option('--as <application>', 'an application that may deliver (default: <publisher>-publisher)'),
  );
}

/** Exit code 1 where the run was rejected or failed. */
async function runNow(dataset: DatasetName, options: SourceOptions): Promise<void> {
  const client = await open(dataset, options);
  // The same key asks for the same run again: each request waits for it a while.
  const headers = { ...WAIT, 'idempotency-key': systemClock.uuid() };
  for (;;) {
    const result = expectSuccess(
      await client.request('POST', `${dataset.path}/runs`, headers),
      Type.Object({ data: RUN }),
    );
    const run = result.data;
    if (!ENDED.includes(run.state)) continue;
    print(options, result, line(run));
    if (run.state !== 'published') process.exitCode = EXIT.refused;
    return;
  }
}

async function listRuns(dataset: DatasetName, options: SourceOptions): Promise<void> {
  const client = await open(dataset, options);
  const result = expectSuccess(
    await client.request('GET', `${dataset.path}/runs`),
    Type.Object({ data: Type.Array(RUN) }),
  );
  const runs = result.data;
  print(options, result, runs.length === 0 ? 'It has not been run yet.' : runs.map(line).join('\n'));
}

function open({ publisher }: DatasetName, options: SourceOptions): Promise<Client> {
  return connect({ ...options, application: options.as ?? `${publisher}-publisher`, resource: 'data' });
}

function line({ id, queuedAt, cause, state, reason, report }: Static<typeof RUN>): string {
  const { counted, received, published, ok } = report?.reconciliation ?? {};
  // An interface reports no count.
  const counts = counted === undefined ? '' : `counted ${counted}, `;
  const sides = received === undefined ? '' : `  ${counts}received ${received}, published ${published ?? 0}`;
  const agreed = ok === undefined || state !== 'published' ? '' : ok ? ', reconciled' : ', NOT RECONCILED';
  const kept = report?.kept ? `, ${report.kept} rows kept aside` : '';
  return `${id}  ${queuedAt}  ${cause}  ${state}${sides}${agreed}${kept}${reason === null ? '' : `: ${reason}`}`;
}
