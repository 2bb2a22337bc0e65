import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadConfig } from '../../src/platform/config.js';
import { freePort, requestToken } from '../support/node.js';
import { CONTRACT, makeFixture, TABLE } from './fixture.js';
import { benchIngest } from './ingest.js';
import { alternate, type Figures, type Load, median, startServer } from './measure.js';

/** `npm run bench [-- --rows 100000 --rounds 5 --seconds 4]`: one table; each row is a ratio to the floor measured in the same alternated run. */
const argument = (name: string, fallback: number) =>
  Number(process.argv[process.argv.indexOf(`--${name}`) + 1] ?? fallback) || fallback;
const options = { rows: argument('rows', 100_000), rounds: argument('rounds', 5), seconds: argument('seconds', 3) };
const path = `/data/${CONTRACT}`;

const port = await freePort();
const fixture = await makeFixture(options.rows, port);
const { postgres, keys, columns } = fixture;
const floor = await startServer({
  kind: 'floor',
  url: postgres.url,
  port: await freePort(),
  keys,
  columns,
  table: TABLE,
});
const exchange = await startServer({ kind: 'exchange', url: postgres.url, port, keys, columns, table: TABLE });

try {
  const base = { postmaster: postgres.pid };
  const config = loadConfig({ port, publicUrl: `http://127.0.0.1:${port}`, demo: true }, {});
  const token = await requestToken(config, fixture.client.clientId, fixture.client, 'data', `http://127.0.0.1:${port}`);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ids = await pageOfIds(2_000, headers);
  const some = (count: number) =>
    Array.from({ length: 500 }, (_, i) =>
      Array.from({ length: count }, (_, k) => (i * 131 + k * 17) % fixture.rowIds.length),
    );
  const byKey = {
    floor: some(1).map(([i]) => ({ path: `/rows/${fixture.rowIds[i!]}` })),
    ours: ids.slice(0, 500).map((id) => ({ path: `${path}/rows/${id}`, headers })),
  };
  const lookup = {
    floor: some(100).map((list) => ({
      method: 'POST' as const,
      path: '/lookup',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys: list.map((i) => fixture.rowIds[i]) }),
    })),
    ours: some(100).map((list) => ({
      method: 'POST' as const,
      path: `${path}/rows/lookup`,
      headers,
      body: JSON.stringify({ keys: list.map((i) => fixture.numbers[i]) }),
    })),
  };
  const page = { floor: [{ path: '/page' }], ours: [{ path: `${path}/rows?_limit=50`, headers }] };
  const pairs: { title: string; connections: number; floor: Load['requests']; ours: Load['requests'] }[] = [
    ...[1, 8, 64, 256].map((connections) => ({ title: 'by key', connections, ...byKey })),
    { title: 'page of 50', connections: 64, ...page },
    { title: 'lookup of 100', connections: 64, ...lookup },
  ];
  console.log(
    `${options.rows} residents, ${options.rounds} alternated rounds of ${options.seconds} s; medians (min–max)`,
  );
  console.log(
    'route              conn     floor/s        exchange/s     ratio (min–max)     µs node+pg floor → exchange   p50 ms floor → exchange',
  );
  const only = process.argv[process.argv.indexOf('--only') + 1];
  for (const pair of pairs.filter(
    ({ title, connections }) => !process.argv.includes('--only') || `${title} ${connections}` === only,
  )) {
    const loads: Load[] = [
      { ...base, title: `floor ${pair.title}`, server: floor, connections: pair.connections, requests: pair.floor },
      {
        ...base,
        title: `exchange ${pair.title}`,
        server: exchange,
        connections: pair.connections,
        requests: pair.ours,
      },
    ];
    const figures = await alternate(loads, options);
    printRow(pair.title, pair.connections, figures.get(loads[0]!)!, figures.get(loads[1]!)!);
  }
  if (!process.argv.includes('--only') || only === 'ingest') {
    await benchIngest({ url: postgres.url, keys, rows: options.rows, rounds: options.rounds });
  }
} finally {
  await Promise.all([floor.stop(), exchange.stop()]);
  await postgres.stop();
  rmSync(dirname(keys), { recursive: true, force: true });
}

/** `_id`s that the bench's grant can see. */
async function pageOfIds(count: number, headers: Record<string, string>): Promise<string[]> {
  const found: string[] = [];
  let cursor = '';
  while (found.length < count) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}/rows?_limit=1000&_select=status${cursor}`, { headers });
    const body = (await reply.json()) as { data: { _id: string }[]; page: { next_cursor: string | null } };
    if (!reply.ok) throw new Error(JSON.stringify(body));
    found.push(...body.data.map(({ _id }) => _id));
    if (body.page.next_cursor === null) break;
    cursor = `&_cursor=${body.page.next_cursor}`;
  }
  return found;
}

function printRow(title: string, connections: number, floor: readonly Figures[], ours: readonly Figures[]): void {
  const of = (figures: readonly Figures[], name: keyof Figures) => median(figures.map((figure) => figure[name]));
  const ratios = ours.map((figure, i) => figure.rate / floor[i]!.rate);
  const cpu = (figures: readonly Figures[]) =>
    `${of(figures, 'nodeCpu').toFixed(0)}+${of(figures, 'postgresCpu').toFixed(0)}`;
  const ratio = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
  const cells = [
    title.padEnd(18),
    String(connections).padStart(4),
    of(floor, 'rate').toFixed(0).padStart(12),
    of(ours, 'rate').toFixed(0).padStart(16),
    ratio.padStart(22),
  ];
  console.log(
    `${cells.join(' ')}   ${cpu(floor).padStart(10)} → ${cpu(ours).padEnd(12)} ${of(floor, 'p50').toFixed(1)} → ${of(ours, 'p50').toFixed(1)}`,
  );
}
