import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportJWK, generateKeyPair } from 'jose';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { registerApplication } from '../../src/access/identity/register-application.js';
import { composeNode } from '../../src/app.js';
import { loadCatalog } from '../../src/catalog/load.js';
import { planPopulation } from '../../src/cli/demo/plan.js';
import { RESIDENT_HEADINGS, residentRows } from '../../src/cli/demo/police-rows.js';
import { publishCatalog } from '../../src/exchange/publish-contract.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { openKeys } from '../../src/platform/keys.js';
import { packageRoot } from '../../src/platform/paths.js';
import { freePort, requestToken } from '../support/node.js';
import { median, type Server, startServer } from './measure.js';

const DATASET = 'police/intake';
const TABLE = 'data.police__intake';
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
type Way = 'COPY' | 'ndjson' | 'csv';

/**
 * Residents in the publisher's own headings and codes through the delivery endpoint, against a plain COPY of the very same stored rows into
 * the same empty table with the same indexes, in alternated rounds. Prints rows a second, the ratio, CPU per row and the server's peak memory.
 */
export async function benchIngest({ url, keys, rows = 100_000, rounds = 3 }: IngestOptions): Promise<void> {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const client = await prepare({ url, keys, publicUrl });
  const server = await startServer({ kind: 'exchange', url, port, keys, columns: [], table: '' });
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  try {
    const bodies = bodiesOf(rows);
    const config = loadConfig({ port, publicUrl, demo: true }, {});
    const figures: Record<Way, { rate: number; cpu: number }[]> = { COPY: [], ndjson: [], csv: [] };
    const deliver = async (way: 'ndjson' | 'csv') => {
      const token = await requestToken(config, 'bench-intake', client, 'data', publicUrl);
      return send({ publicUrl, token, way, body: bodies[way], rows });
    };
    await empty(database);
    await deliver('csv');
    const stored = await dump(database, bodies.numbers);
    const run: Record<Way, () => Promise<void>> = {
      COPY: () => pipeline(Readable.from(stored), database.query(copyFrom(`COPY ${TABLE} FROM STDIN`))),
      ndjson: () => deliver('ndjson'),
      csv: () => deliver('csv'),
    };
    for (let round = 0; round < rounds; round++) {
      for (const way of ['COPY', 'ndjson', 'csv'] as const) {
        await empty(database);
        figures[way].push(await timed(run[way], server, rows));
      }
    }
    print(rows, figures, await server.peak());
  } finally {
    await database.end();
    await server.stop();
  }
}

async function prepare({ url, keys, publicUrl }: { url: string; keys: string; publicUrl: string }): Promise<Client> {
  const config = loadConfig({ publicUrl, demo: true, logLevel: 'silent' }, {});
  const opened = await openKeys(keys, systemClock);
  const node = await composeNode({ config, databaseUrl: url, keys: opened, clock: systemClock });
  const { exchange } = node;
  const catalog = await loadCatalog(`${packageRoot}/catalog`);
  const residents = catalog.contracts
    .map(({ document }) => document as Record<string, unknown>)
    .find((document) => document.dataset === 'police/resident')!;
  const { relations: _, ...document } = residents;
  await publishCatalog(exchange, {
    contracts: [{ ...document, dataset: DATASET }],
    publishers: [],
    purposes: [],
  });
  const contract = exchange.policy.current().catalog.contracts.get(`${DATASET}/v1`)!;
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const [clientId, kid] = ['bench-intake', 'bench-intake-1'];
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }] };
  await registerApplication(
    exchange,
    { clientId, title: clientId, department: 'police', roles: ['publisher'], jwks },
    BY,
  );
  const personal = [...contract.fields.values()].filter((field) => field.sensitivity > 'L2');
  await issueGrant(
    exchange,
    {
      application: clientId,
      dataset: DATASET,
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
  await node.close();
  return { privateKey, kid };
}

/** The population of the demo, in the publisher's words. */
function bodiesOf(count: number): Record<'ndjson' | 'csv', Buffer> & { numbers: string[] } {
  const numberAt = RESIDENT_HEADINGS.indexOf('GMSFHM');
  const numbers: string[] = [];
  const csv = [RESIDENT_HEADINGS.join(',')];
  const ndjson: string[] = [];
  for (const row of residentRows(planPopulation(count, 1))) {
    if (ndjson.length === count) break;
    csv.push(row.join(','));
    numbers.push(String(row[numberAt]));
    ndjson.push(JSON.stringify(Object.fromEntries(RESIDENT_HEADINGS.map((heading, i) => [heading, row[i]]))));
  }
  if (ndjson.length < count) throw new Error(`the population has only ${ndjson.length} people`);
  return { csv: Buffer.from(csv.join('\n')), ndjson: Buffer.from(ndjson.join('\n')), numbers };
}

interface SendingOff {
  publicUrl: string;
  token: string;
  way: 'ndjson' | 'csv';
  body: Buffer;
  rows: number;
}

/** Throws unless every row was published: a rejection is quick and no figure. */
async function send({ publicUrl, token, way, body, rows }: SendingOff): Promise<void> {
  const reply = await fetch(`${publicUrl}/data/${DATASET}/v1/deliveries?mode=snapshot`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': way === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'idempotency-key': systemClock.uuid(),
    },
    body: new Uint8Array(body),
  });
  const ended = (await reply.json()) as { state?: string; inserted?: number };
  if (ended.state !== 'published' || ended.inserted !== rows) throw new Error(JSON.stringify(ended).slice(0, 1_000));
}

async function empty(database: pg.Client): Promise<void> {
  await database.query(`TRUNCATE ${TABLE}, ${TABLE}_history`);
  await database.query('CHECKPOINT'); // else the writing back of one round falls on the next
}

/** The stored rows as COPY text, in the order of the file: what a client without us would send. */
async function dump(database: pg.Client, numbers: readonly string[]): Promise<Buffer[]> {
  await database.query(
    'CREATE TEMPORARY TABLE sent AS SELECT * FROM unnest($1::text[]) WITH ORDINALITY AS s (number, at)',
    [numbers],
  );
  const ordered = `SELECT t.* FROM ${TABLE} t JOIN sent ON t.id_number = sent.number ORDER BY sent.at`;
  const chunks: Buffer[] = [];
  for await (const chunk of database.query(copyTo(`COPY (${ordered}) TO STDOUT`))) chunks.push(chunk as Buffer);
  return chunks;
}

async function timed(work: () => Promise<void>, server: Server, rows: number): Promise<{ rate: number; cpu: number }> {
  const [cpuBefore, began] = [await server.cpu(), performance.now()];
  await work();
  const seconds = (performance.now() - began) / 1_000;
  return { rate: rows / seconds, cpu: ((await server.cpu()) - cpuBefore) / rows };
}

function print(rows: number, figures: Record<Way, { rate: number; cpu: number }[]>, peakBytes: number): void {
  console.log(`\n${rows} residents into an empty table with all its indexes, ${figures.COPY.length} alternated rounds`);
  console.log('way              rows/s     ratio to COPY (min–max)   µs node');
  for (const way of ['COPY', 'ndjson', 'csv'] as const) {
    const ratios = figures[way].map(({ rate }, i) => rate / figures.COPY[i]!.rate);
    const ratio = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
    const rate = median(figures[way].map((figure) => figure.rate)).toFixed(0);
    const cpu = median(figures[way].map((figure) => figure.cpu)).toFixed(1);
    console.log(
      `${way.padEnd(12)} ${rate.padStart(10)} ${ratio.padStart(25)} ${(way === 'COPY' ? '–' : cpu).padStart(9)}`,
    );
  }
  console.log(`peak memory of the server ${(peakBytes / 1_048_576).toFixed(0)} MB`);
}
