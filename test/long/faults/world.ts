import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { accessToken } from '../../../src/client/access-token.js';
import { type DemoFile, readDemoFile } from '../../../src/client/demo-file.js';
import { systemClock } from '../../../src/platform/clock.js';
import { until } from '../../failure/until.js';
import { freePort } from '../../support/node.js';
import { findPostgres, type PostgresServer, postgresServer } from '../../support/postgres-server.js';
import { type Relay, relayTo } from '../../support/relay.js';
import { build, type Child, exchange, temporary } from '../exchange-child.js';
import { type Disk, openDisk } from './disk.js';

/** One `exchange start` as an operator runs it. */
export interface NodeProcess {
  baseUrl: string;
  port: number;
  dataDir: string;
  child: Child;
  /** Resolves when it listens, at once where it does. */
  up(): Promise<unknown>;
  ready(): Promise<boolean>;
  /** Starts it again after it ended, for this time with more environment. */
  start(more?: Record<string, string>): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Several built nodes with one database and the same keys, and the demo's applications. PostgreSQL is its operator's. */
export interface World {
  directory: string;
  /** What every node is started with. */
  env: Readonly<Record<string, string>>;
  nodes: readonly NodeProcess[];
  demo: DemoFile;
  /** Between the nodes and PostgreSQL. */
  relay: Relay;
  /** The database itself, past the relay, as a superuser. */
  superuser: pg.Pool;
  postgres: PostgresServer;
  /** On which PostgreSQL is. */
  disk: Disk;
  token(clientId: string, audience?: 'data' | 'platform'): Promise<string>;
  allReady(): Promise<void>;
}

export interface Worldly {
  nodes: number;
  /** Where clients come in; default: the first node. */
  publicUrl?: string;
  env?: Record<string, string>;
}

const PEOPLE = '300';
/** Guards against a hang, promises nothing: machines of CI are slow. */
const PATIENCE_MS = 240_000;

/** Loads the demo once, then starts the nodes without it: what nodes share is the database and the folder of the keys. */
export async function openWorld(
  t: { teardown(handler: () => unknown): unknown },
  { nodes: count, publicUrl, env: common = {} }: Worldly,
): Promise<World> {
  build();
  const directory = temporary(t);
  const disk = openDisk(t, directory);
  const settings = { ...disk.server.settings, max_connections: '200' };
  const postgres = await postgresServer(t, findPostgres(18)!, { ...disk.server, settings });
  await postgres.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
  await postgres.query('CREATE DATABASE exchange OWNER civic');
  const relay = await relayTo({ host: '127.0.0.1', port: postgres.port });
  t.teardown(() => relay.close());
  const superuser = new pg.Pool({ connectionString: postgres.url('exchange'), max: 2 });
  superuser.on('error', () => {}); // PostgreSQL is killed on purpose
  t.teardown(() => superuser.end());
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const env = {
    DATABASE_URL: `postgres://civic:civic@127.0.0.1:${relay.port}/exchange`,
    EXCHANGE_PUBLIC_URL: publicUrl ?? `http://127.0.0.1:${ports[0]}`,
    EXCHANGE_ALLOWED_HOSTS: ports.map((port) => `127.0.0.1:${port}`).join(','),
    ...common,
  };
  const nodes = ports.map((port, at) => nodeProcess(port, join(directory, `node-${at + 1}`), env));
  t.teardown(() => Promise.all(nodes.map((node) => node.kill())));
  const demo = await loadDemo(nodes[0]!, env);
  const auditor = demo.applications.find(({ clientId }) => clientId === 'auditor-app')?.privateJwk;
  writeFileSync(join(directory, 'auditor.key.json'), JSON.stringify(auditor), { mode: 0o600 });
  for (const node of nodes) {
    if (node !== nodes[0]) cpSync(join(nodes[0]!.dataDir, 'keys'), join(node.dataDir, 'keys'), { recursive: true });
  }
  await Promise.all(nodes.map((node) => node.start()));
  return {
    directory,
    env,
    nodes,
    demo,
    relay,
    superuser,
    postgres,
    disk,
    token: (clientId, audience = 'data') => tokenOf(nodes, demo, clientId, audience),
    async allReady() {
      await Promise.all(nodes.map((node) => until(`${node.baseUrl} is ready`, node.ready, PATIENCE_MS)));
    },
  };
}

async function loadDemo({ port, dataDir }: NodeProcess, env: Record<string, string>): Promise<DemoFile> {
  const args = ['start', '--demo', '--people', PEOPLE, '--port', String(port), '--data-dir', dataDir];
  const loading = exchange(args, { env });
  await loading.said(/Ctrl-C stops it/);
  const demo = readDemoFile(dataDir);
  loading.process.kill('SIGTERM');
  const { code, stderr } = await loading.ended;
  if (code !== 0) throw new Error(`The demo ended with ${code}: ${stderr}`);
  return demo;
}

function nodeProcess(port: number, dataDir: string, env: Record<string, string>): NodeProcess {
  const baseUrl = `http://127.0.0.1:${port}`;
  let child: Child | undefined;
  let listening: Promise<unknown> | undefined;
  const node: NodeProcess = {
    baseUrl,
    port,
    dataDir,
    get child() {
      if (child === undefined) throw new Error('the node was never started');
      return child;
    },
    up() {
      // However many clients wait, one asks.
      listening ??= until(`${baseUrl} listens`, () => answers(baseUrl, '/health/live'), PATIENCE_MS).finally(() => {
        listening = undefined;
      });
      return listening;
    },
    ready: () => answers(baseUrl, '/health/ready'),
    async start(more = {}) {
      child = exchange(['start', '--port', String(port), '--data-dir', dataDir], { env: { ...env, ...more } });
      await child.said(/Ctrl-C stops it/);
    },
    async stop() {
      node.child.process.kill('SIGTERM');
      return (await node.child.ended).code;
    },
    async kill() {
      if (child === undefined) return;
      child.process.kill('SIGKILL');
      await child.ended;
    },
  };
  return node;
}

async function answers(baseUrl: string, path: string): Promise<boolean> {
  try {
    const reply = await fetch(`${baseUrl}${path}`, { signal: AbortSignal.timeout(5_000) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

/** From the first node that gives one. */
async function tokenOf(nodes: readonly NodeProcess[], demo: DemoFile, clientId: string, audience: 'data' | 'platform') {
  const application = demo.applications.find((each) => each.clientId === clientId);
  if (application === undefined) throw new Error(`The demo has no ${clientId}`);
  const request = {
    clientId,
    privateJwk: application.privateJwk,
    issuer: demo.issuer,
    resource: audience === 'data' ? demo.resource : demo.platformResource,
  };
  let token: string | undefined;
  await until(`a token for ${clientId}`, async () => {
    for (const { baseUrl } of nodes)
      token ??= await accessToken({ ...request, tokenEndpoint: `${baseUrl}/oauth2/token` }, systemClock).catch(
        () => undefined,
      );
    return token !== undefined;
  });
  return token!;
}
