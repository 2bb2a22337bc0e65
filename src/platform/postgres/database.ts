import pg from 'pg';
import { openReader, type ReaderPool } from './reader-pool.js';
import { watchDurability } from './sessions/durability.js';
import { type Login, provideLogins } from './sessions/logins.js';
import { findServers, type Servers } from './sessions/servers.js';
import { connectionSettings } from './sessions/session-settings.js';
import { startRefusal } from './sessions/start-refusal.js';
import type { Wall } from './sessions/walls.js';
import { openClient, openPool, type WayIn, wayIn } from './sessions/way-in.js';

export type { ReaderPool } from './reader-pool.js';

/**
 * The ways into PostgreSQL, each with a login of its own (`access.md`, second wall): `owner` (DDL, publishing, staging), `app` (platform tables),
 * `reader` (SELECT on published tables only, read-only transactions, statement timeout, pipelined), `audit` (one connection for the log, reopened
 * when it breaks). Dates, int8 and numeric are text; timestamptz is a Date.
 */
export interface Database {
  owner: pg.Pool;
  /** As the owner, for the job worker alone. */
  jobs: pg.Pool;
  app: pg.Pool;
  /** Only `query/run.ts` uses it. */
  reader: ReaderPool;
  /** A new connection of the log; the caller closes it. */
  connectAudit(): Promise<pg.Client>;
  /** A new connection for LISTEN, as `app`; the caller closes it. */
  connectListener(): Promise<pg.Client>;
  /** A new connection of the reader for one long snapshot; the caller closes it. */
  connectReader(): Promise<pg.Client>;
  /** Why a setting of the server may lose commits at present; undefined where none does. */
  fault(): string | undefined;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** ms, for the reader. */
  statementTimeoutMs: number;
  /** 32 bytes, shared by the nodes of the installation. */
  loginKey: Buffer;
  readerConnections?: number;
}

const CONNECTIONS = { owner: 6, app: 12, jobs: 5 };

/**
 * Makes the logins and opens the pools of a migrated database. Throws what `startRefusal` makes of a failure: Problem `unavailable` where it can't be
 * reached, `internal` where the server would lose committed entries (`audit.md`) or a session is not what it must be. After that, losing the
 * server never ends the process.
 */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  try {
    const servers = await findServers(url);
    const login = await loginsAt(servers, options);
    return await openWays(
      (wall) => wayIn(wall, { servers, login, readMs: options.statementTimeoutMs }),
      servers,
      options,
    );
  } catch (error) {
    throw startRefusal(error);
  }
}

async function loginsAt(servers: Servers, options: DatabaseOptions): Promise<(wall: Wall) => Login> {
  const admin = new pg.Client(connectionSettings(servers.primary()));
  admin.on('error', () => {}); // the failing query reports it
  try {
    await admin.connect();
    return await provideLogins(admin, { key: options.loginKey, readMs: options.statementTimeoutMs });
  } finally {
    admin.end().catch(() => {});
  }
}

async function openWays(way: (wall: Wall) => WayIn, servers: Servers, options: DatabaseOptions): Promise<Database> {
  const owner = openPool(way('owner'), CONNECTIONS.owner);
  const jobs = openPool(way('owner'), CONNECTIONS.jobs);
  const app = openPool(way('app'), CONNECTIONS.app);
  const audits = new Set<pg.Client>();
  const watch = watchDurability(app, () => {
    for (const client of audits) client.end().catch(() => {}); // the log opens the next one, which is refused
  });
  const close = async () => {
    watch.close();
    servers.close();
    await Promise.allSettled([owner.end(), jobs.end(), app.end()]);
  };
  try {
    (await app.connect()).release();
    const reader = await openReader(way('reader'), options);
    return {
      owner,
      jobs,
      app,
      reader,
      connectAudit: async () => {
        const client = await openClient(way('audit'));
        audits.add(client);
        return client.once('end', () => audits.delete(client));
      },
      connectListener: () => openClient(way('app')),
      connectReader: () => openClient(way('reader')),
      fault: watch.fault,
      close: async () => void (await Promise.allSettled([reader.close(), close()])),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
