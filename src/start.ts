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
import { openKeys } from './platform/keys/open-keys.js';
import { type OpenedParts, openedParts } from './platform/lifecycle/opened.js';
import { postgresAccount } from './platform/postgres/embedded/postgres-account.js';
import { supervisePostgres } from './platform/postgres/embedded/supervise-postgres.js';
import { migrate } from './platform/postgres/migrate.js';

export interface StartedExchange {
  baseUrl: string;
  /** Resolves with the reason when the node can't go on: its PostgreSQL has ended for good. The caller closes it. */
  lost: Promise<Error>;
  /** Stops everything that the start began, in reverse order; safe to call twice. */
  close(): Promise<void>;
}

interface Starting {
  opened: OpenedParts;
  onProgress: (line: string) => void;
}

/**
 * Starts a node: lock, database, tables, keys, doors, and the demo where asked for. A failed step closes what the steps before it opened. Throws
 * DataDirectoryError, the system's error of listen, Problem, or Error with one clear line.
 */
export async function startExchange(
  config: Config,
  { onProgress }: { onProgress: (line: string) => void },
): Promise<StartedExchange> {
  const opened = openedParts();
  try {
    const begun = await begin(await withPort(config), { opened, onProgress });
    return { ...begun, close: opened.close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function begin(config: Config, starting: Starting): Promise<{ baseUrl: string; lost: Promise<Error> }> {
  const { opened, onProgress } = starting;
  if (config.databaseUrl === undefined) await postgresAccount(config.postgresUser); // before anything is made
  opened.keep({ close: lockDataDirectory(config.dataDir) });
  removeRun(config.dataDir);
  clearSpool(spoolDirectory(config.dataDir));
  if (config.demo) removeDemoFile(config.dataDir);
  const { url: databaseUrl, lost } = await databaseOf(config, starting);
  onProgress('Bringing the tables up to date …');
  await migrate(databaseUrl);
  const place = { directory: join(config.dataDir, 'keys'), clock: systemClock, given: config.keyFiles };
  const keys = await openKeys(place, databaseUrl);
  const node = opened.keep(await composeNode({ config, databaseUrl, keys, clock: systemClock }));
  await recoverDeliveries(node.exchange);
  let loading = config.demo;
  node.readiness.add(() => (loading ? { name: 'demo', detail: 'The demo is being loaded.' } : undefined));
  await node.app.listen({ host: config.host, port: config.port });
  const baseUrl = ownUrl(config.host, config.port);
  opened.keep({ close: () => removeRun(config.dataDir) });
  writeRun(config.dataDir, {
    pid: process.pid,
    baseUrl,
    node: node.exchange.node,
    startedAt: new Date(systemClock.now()).toISOString(),
    ...(config.databaseUrl === undefined && { postgresSocket: new URL(databaseUrl).searchParams.get('host') ?? '' }),
  });
  if (config.demo) {
    const { startDemo } = await import('./demo/load/start-demo.js');
    const onClose = (close: () => Promise<void>) => void opened.keep({ close });
    await startDemo(node.exchange, { baseUrl, databaseUrl, onProgress, onClose });
    loading = false;
  }
  // A node without its PostgreSQL has nothing to serve meanwhile.
  opened.keep({ close: () => Promise.race([node.drain(), lost]) }, config.drainMs);
  return { baseUrl, lost };
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

/** An external PostgreSQL is its operator's: a node that can't reach it waits for it. */
async function databaseOf(
  config: Config,
  { opened, onProgress }: Starting,
): Promise<{ url: string; lost: Promise<Error> }> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, lost: new Promise(() => {}) };
  onProgress('Starting PostgreSQL …');
  return opened.keep(await supervisePostgres(config, onProgress));
}
