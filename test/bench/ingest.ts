import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportJWK, generateKeyPair } from 'jose';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { registerApplication } from '../../src/access/identity/register-application.js';
import { composeNode } from '../../src/app.js';
import { loadCatalog } from '../../src/catalog/load.js';
import { demoContract } from '../../src/demo/files/demo-contracts.js';
import { ownRecord, publisherWords } from '../../src/demo/files/publisher-words.js';
import { residentRows } from '../../src/demo/people/police-rows.js';
import { planPopulation } from '../../src/demo/places/plan.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { packageRoot } from '../../src/platform/paths.js';
import { keysIn } from '../support/keys.js';
import { freePort, requestToken } from '../support/node.js';
import { median, type Server, startServer } from './measure.js';

/** Each delivery is the first into a dataset of its own, like a department's first load. */
const datasetOf = (number: number) => `police/intake-${number}`;
const tableOf = (number: number) => `data.police__intake_${number}`;
/** Targets of COPY: the same columns, with the key alone, and with every index that the exchange builds. */
const KEYED = 'data.bench_keyed';
const INDEXED = 'data.bench_indexed';
const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };

export interface IngestOptions {
  /** A migrated database with the project's catalog, as its superuser. */
  url: string;
  /** Directory of the keys. */
  keys: string;
  rows?: number;
  rounds?: number;
}

type Client = Parameters<typeof requestToken>[2];
type Way = 'COPY, key' | 'COPY, all indexes' | 'ndjson' | 'csv';
const WAYS: readonly Way[] = ['COPY, key', 'COPY, all indexes', 'ndjson', 'csv'];

/**
 * Residents in the publisher's headings and codes through the delivery endpoint (received, mapped, validated by every rule, landed, published with
 * all indexes, recorded), against a plain COPY of the same stored rows into the same columns, in alternated rounds. Prints rows per second, the ratio
 * to COPY with the key, CPU per row, and the server's memory at rest and at its peak.
 */
export async function benchIngest({ url, keys, rows = 100_000, rounds = 3 }: IngestOptions): Promise<void> {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const client = await prepare({ url, keys, publicUrl, datasets: 2 * rounds + 1 });
  const server = await startServer({ kind: 'exchange', url, port, keys, columns: [], table: '' });
  const idle = await server.peak();
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  let next = 0;
  try {
    const bodies = await bodiesOf(rows);
    const config = loadConfig({ port, publicUrl, demo: true }, {});
    const deliver = async (way: 'ndjson' | 'csv') => {
      const token = await requestToken(config, 'bench-intake', client, 'data', publicUrl);
      await send({ publicUrl, token, way, dataset: datasetOf(next), body: bodies[way], rows });
      next += 1;
    };
    await deliver('csv');
    const stored = await dump(database, bodies.numbers);
    const copy = async (table: string) => {
      await pipeline(Readable.from(stored), database.query(copyFrom(`COPY ${table} FROM STDIN`)));
    };
    const run: Record<Way, () => Promise<void>> = {
      'COPY, key': () => copy(KEYED),
      'COPY, all indexes': () => copy(INDEXED),
      ndjson: () => deliver('ndjson'),
      csv: () => deliver('csv'),
    };
    const figures: Record<Way, Timed[]> = { 'COPY, key': [], 'COPY, all indexes': [], ndjson: [], csv: [] };
    for (let round = 0; round < rounds; round++) {
      for (const way of WAYS) {
        await database.query(`TRUNCATE ${KEYED}, ${INDEXED}`);
        await database.query('CHECKPOINT'); // else the next round pays for writing back this one
        figures[way].push(await timed(run[way], server, rows));
      }
    }
    print(rows, figures, { idle, peak: await server.peak() });
  } finally {
    await database.end();
    await server.stop();
  }
}

async function prepare(options: { url: string; keys: string; publicUrl: string; datasets: number }): Promise<Client> {
  const { url, keys, publicUrl } = options;
  const datasets = Array.from({ length: options.datasets }, (_, i) => datasetOf(i));
  const config = loadConfig({ publicUrl, demo: true, logLevel: 'silent' }, {});
  const opened = await keysIn(keys);
  const node = await composeNode({ config, databaseUrl: url, keys: opened, clock: systemClock });
  const { exchange } = node;
  const catalog = await loadCatalog(`${packageRoot}/catalog`);
  const residents = catalog.contracts
    .map(({ document }) => document as Record<string, unknown>)
    .find((document) => document.dataset === 'police/resident')!;
  const { relations: _, ...document } = residents;
  await publishCatalog(exchange, {
    contracts: datasets.map((dataset) => ({ ...document, dataset })),
    publishers: [],
    purposes: [],
  });
  const contract = exchange.policy.current().catalog.contracts.get(`${datasetOf(0)}/v1`)!;
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const [clientId, kid] = ['bench-intake', 'bench-intake-1'];
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }] };
  await registerApplication(
    exchange,
    { clientId, title: clientId, department: 'police', roles: ['publisher'], jwks },
    BY,
  );
  const personal = [...contract.fields.values()].filter((field) => field.sensitivity > 'L2');
  for (const dataset of datasets) {
    await issueGrant(
      exchange,
      {
        application: clientId,
        dataset,
        major: 1,
        mode: 'deliver',
        fields: [...contract.fields.keys()],
        masks: Object.fromEntries(personal.map((field) => [field.name, 'none' as const])),
        rows: { all: true },
        purposes: ['grid-service'],
        legalBasis: '《政务数据共享条例》第二十一条',
        validUntil: new Date(systemClock.now() + 86_400_000).toISOString(),
      },
      BY,
    );
  }
  await node.close();
  return { privateKey, kid };
}

/** The population of the demo, in the publisher's headings. A million rows have more characters than one string can hold. */
async function bodiesOf(
  count: number,
): Promise<Record<'ndjson' | 'csv', Uint8Array<ArrayBuffer>> & { numbers: string[] }> {
  const contract = await demoContract('police/resident');
  const words = publisherWords(contract, { dates: 'compact', spelling: { seed: 1, file: 'bench' } });
  const numbers: string[] = [];
  const csv = [Buffer.from(`${words.headings.join(',')}\n`)];
  const ndjson: Buffer[] = [];
  for (const row of residentRows(planPopulation(count, 1))) {
    if (numbers.length === count) break;
    numbers.push(String(row.id_number));
    csv.push(Buffer.from(`${words.valuesOf(row).join(',')}\n`));
    ndjson.push(
      Buffer.from(`${JSON.stringify(ownRecord(words, row))}
`),
    );
  }
  if (numbers.length < count) throw new Error(`the population has only ${numbers.length} people`);
  return { csv: new Uint8Array(Buffer.concat(csv)), ndjson: new Uint8Array(Buffer.concat(ndjson)), numbers };
}

interface SendingOff {
  publicUrl: string;
  dataset: string;
  token: string;
  way: 'ndjson' | 'csv';
  body: Uint8Array<ArrayBuffer>;
  rows: number;
}

/** Throws unless every row was published: a fast rejection would look like a good figure. */
async function send({ publicUrl, dataset, token, way, body, rows }: SendingOff): Promise<void> {
  const reply = await fetch(`${publicUrl}/data/${dataset}/v1/deliveries?mode=snapshot`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': way === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'idempotency-key': systemClock.uuid(),
    },
    body,
  });
  const ended = (await reply.json()) as { state?: string; inserted?: number };
  if (ended.state !== 'published' || ended.inserted !== rows) throw new Error(JSON.stringify(ended).slice(0, 1_000));
}

/**
 * The stored rows of the first delivery as COPY text, in file order: what a client without the exchange would send. Also creates empty tables for it.
 */
async function dump(database: pg.Client, numbers: readonly string[]): Promise<Buffer[]> {
  await database.query(
    'CREATE TEMPORARY TABLE sent AS SELECT * FROM unnest($1::text[]) WITH ORDINALITY AS s (number, at)',
    [numbers],
  );
  const first = tableOf(0);
  await database.query(`CREATE TABLE ${INDEXED} (LIKE ${first} INCLUDING ALL)`);
  await database.query(`CREATE TABLE ${KEYED} (LIKE ${first} INCLUDING STORAGE, PRIMARY KEY (row_id))`);
  const ordered = `SELECT t.* FROM ${first} t JOIN sent ON t.id_number = sent.number ORDER BY sent.at`;
  const chunks: Buffer[] = [];
  for await (const chunk of database.query(copyTo(`COPY (${ordered}) TO STDOUT`))) chunks.push(chunk as Buffer);
  return chunks;
}

interface Timed {
  /** Rows per second. */
  rate: number;
  /** µs of node's CPU per row. */
  cpu: number;
}

async function timed(work: () => Promise<void>, server: Server, rows: number): Promise<Timed> {
  const [cpuBefore, began] = [await server.cpu(), performance.now()];
  await work();
  const seconds = (performance.now() - began) / 1_000;
  return { rate: rows / seconds, cpu: ((await server.cpu()) - cpuBefore) / rows };
}

function print(rows: number, figures: Record<Way, Timed[]>, memory: { idle: number; peak: number }): void {
  const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(0);
  console.log(`\n${rows} residents as the first release of a dataset, ${figures.ndjson.length} alternated rounds`);
  console.log('way                    rows/s   ratio to COPY with the key (min–max)   µs node');
  for (const way of WAYS) {
    const ratios = figures[way].map(({ rate }, i) => rate / figures['COPY, key'][i]!.rate);
    const ratio = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
    const rate = median(figures[way].map((figure) => figure.rate)).toFixed(0);
    const cpu = median(figures[way].map((figure) => figure.cpu)).toFixed(1);
    console.log(
      `${way.padEnd(18)} ${rate.padStart(10)} ${ratio.padStart(38)} ${(way.startsWith('COPY') ? '–' : cpu).padStart(9)}`,
    );
  }
  console.log(`memory of the server: ${megabytes(memory.idle)} MB at rest, ${megabytes(memory.peak)} MB at its peak`);
}
