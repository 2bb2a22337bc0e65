import { once } from 'node:events';
import fastify from 'fastify';
import pg from 'pg';
import { composeNode } from '../../src/app.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { keysIn } from '../support/keys.js';

/** One server of the bench in a process of its own. Reports its CPU time (µs) and peak memory (bytes) on request; ends with its parent. */
interface Options {
  kind: 'exchange' | 'floor';
  url: string;
  port: number;
  keys: string;
  columns: readonly string[];
  table: string;
}

const options = JSON.parse(process.argv[2]!) as Options;
await (options.kind === 'exchange' ? serveExchange(options) : serveFloor(options));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send!({ cpu: user + system, peak: process.resourceUsage().maxRSS * 1_024 });
});
process.send!('ready');
await once(process, 'disconnect');
process.exit(0);

async function serveExchange({ url, port, keys }: Options): Promise<void> {
  const rate = { perSecond: 10_000_000, burst: 10_000_000 };
  const config = loadConfig(
    { port, publicUrl: `http://127.0.0.1:${port}`, demo: true, logLevel: 'silent', rate, statementTimeoutMs: 60_000 },
    {},
  );
  const node = await composeNode({
    config,
    databaseUrl: url,
    keys: await keysIn(keys),
    clock: systemClock,
  });
  await node.app.listen({ host: '127.0.0.1', port });
}

/** The floor (performance.md): a bare route, one named prepared statement per request, fast-json-stringify reply; nothing else. */
async function serveFloor({ url, port, columns, table }: Options): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const app = fastify();
  const properties = Object.fromEntries(columns.map((name) => [name, { type: 'string', nullable: true }]));
  const row = { type: 'object', properties } as const;
  const select = `SELECT ${columns.map((name) => `"${name}"`).join(', ')} FROM data."${table}"`;
  app.get<{ Params: { id: string } }>('/rows/:id', { schema: { response: { 200: row } } }, async (request) => {
    const found = await pool.query({
      name: 'by-key',
      text: `${select} WHERE row_id = $1`,
      values: [request.params.id],
    });
    return found.rows[0];
  });
  app.get('/page', { schema: { response: { 200: { type: 'array', items: row } } } }, async () => {
    const found = await pool.query({
      name: 'page',
      text: `${select} WHERE row_id > $1 ORDER BY row_id LIMIT 50`,
      values: ['00000000-0000-0000-0000-000000000000'],
    });
    return found.rows;
  });
  app.post<{ Body: { keys: string[] } }>(
    '/lookup',
    { schema: { response: { 200: { type: 'array', items: row } } } },
    async (request) => {
      const found = await pool.query({
        name: 'lookup',
        text: `${select} WHERE row_id = ANY($1)`,
        values: [request.body.keys],
      });
      return found.rows;
    },
  );
  await app.listen({ host: '127.0.0.1', port });
}
