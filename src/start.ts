import { createServer } from 'node:net';
import { join } from 'node:path';
import { composeNode } from './app.js';
import type { PublisherFile } from './client/deliver-file.js';
import { removeDemoFile } from './client/demo-file.js';
import { recoverDeliveries } from './exchange/delivering/recover-deliveries.js';
import { clearSpool, spoolDirectory } from './ingest/readers/spool.js';
import { systemClock } from './platform/clock.js';
import { type Config, ownUrl } from './platform/config.js';
import { lockDataDirectory, removeRun, writeRun } from './platform/data-directory.js';
import { openKeys } from './platform/keys.js';
import { startPostgres } from './platform/postgres/embedded/start-postgres.js';
import { migrate } from './platform/postgres/migrate.js';
import { undoAll } from './undo-all.js';

export interface StartedExchange {
  baseUrl: string;
  /** Stops everything that the start began, in reverse order; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a node: lock, keys, database, tables, doors, and the demo where asked for. A failed step undoes the steps before it. Throws
 * DataDirectoryError, the system's error of listen, Problem, or Error with one clear line.
 */
export async function startExchange(
  config: Config,
  { onProgress }: { onProgress: (line: string) => void },
): Promise<StartedExchange> {
  const undo: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= undoAll(undo);
    return closing;
  };
  try {
    const baseUrl = await begin(await withPort(config), undo, onProgress);
    return { baseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function begin(config: Config, undo: (() => unknown)[], onProgress: (line: string) => void): Promise<string> {
  undo.push(lockDataDirectory(config.dataDir));
  removeRun(config.dataDir);
  clearSpool(spoolDirectory(config.dataDir));
  if (config.demo) removeDemoFile(config.dataDir);
  const keys = await openKeys(join(config.dataDir, 'keys'), systemClock, config.keyFiles);
  const databaseUrl = config.databaseUrl ?? (await startDatabase(config, undo, onProgress));
  onProgress('Bringing the tables up to date …');
  await migrate(databaseUrl);
  const node = await composeNode({ config, databaseUrl, keys, clock: systemClock });
  undo.push(() => node.close());
  await recoverDeliveries(node.exchange);
  let loading = config.demo;
  node.readiness.add(() => (loading ? { name: 'demo', detail: 'The demo is being loaded.' } : undefined));
  await node.app.listen({ host: config.host, port: config.port });
  const baseUrl = ownUrl(config.host, config.port);
  writeRun(config.dataDir, {
    pid: process.pid,
    baseUrl,
    node: node.exchange.node,
    startedAt: new Date(systemClock.now()).toISOString(),
    ...(config.databaseUrl === undefined && { postgresSocket: new URL(databaseUrl).searchParams.get('host') ?? '' }),
  });
  undo.push(() => removeRun(config.dataDir));
  if (config.demo) {
    const { startDemo } = await import('./demo/load/start-demo.js');
    await startDemo(node.exchange, { baseUrl, databaseUrl, onProgress, onClose: (step) => undo.push(step) });
    loading = false;
  }
  undo.push(() => node.drain());
  return baseUrl;
}

/** What the demo's publishers deliver. Throws RangeError for too few people. */
export async function demoFiles(of: { people: number; seed: number }): Promise<Iterable<PublisherFile>> {
  const { publisherFiles } = await import('./demo/files/publisher-files.js');
  return publisherFiles(of);
}

/** Port 0 means any free port. It is chosen first, because the issuer and every link contain it. */
async function withPort(config: Config): Promise<Config> {
  if (config.port !== 0) return config;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, config.host, resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  const publicUrl = config.publicUrl === ownUrl(config.host, 0) ? ownUrl(config.host, port) : config.publicUrl;
  return { ...config, port, publicUrl };
}

async function startDatabase(
  config: Config,
  undo: (() => unknown)[],
  onProgress: (line: string) => void,
): Promise<string> {
  onProgress('Starting PostgreSQL …');
  const postgres = await startPostgres(config);
  undo.push(() => postgres.stop());
  return postgres.url;
}
