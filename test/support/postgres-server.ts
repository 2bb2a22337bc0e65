import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Account } from '../../src/platform/postgres/embedded/postgres-account.js';
import { postgresBinaries } from '../../src/platform/postgres/embedded/postgres-binaries.js';
import { processes } from '../../src/platform/postgres/embedded/processes.js';
import { until } from '../failure/until.js';
import { freePort } from './node.js';

interface Teardown {
  teardown(handler: () => unknown): unknown;
}

/** A PostgreSQL as an administrator runs it: on TCP, with its own settings, several superusers' rights away from us. */
export interface PostgresServer {
  port: number;
  directory: string;
  /** As the superuser. */
  query(sql: string, database?: string): Promise<pg.QueryResult>;
  /** Of a database, as the superuser. */
  url(database: string): string;
  /** Starts it where it does not run, and waits until it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** To the postmaster and every process of it. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL for the postmaster; resolves when no process of it is left. */
  kill(): Promise<void>;
}

export interface ServerOptions {
  /** Environment of its processes, beside that of the test. */
  env?: Record<string, string>;
  settings?: Record<string, string>;
  /** More flags of initdb. */
  initdb?: readonly string[];
  /** Called with the directory before anything is in it. */
  prepare?: (directory: string) => void;
}

/** Its name and its password. */
export const SUPERUSER = 'root';
/** Debian's account, where we are root: PostgreSQL and PgBouncer refuse to run as root. */
export const account: Account = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : {};

function id(flag: string): number {
  const said = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  return said.status === 0 ? Number(said.stdout) : 65_534;
}

/** The programs of this major version, or undefined where the machine has none. 18 is the project's own. */
export function findPostgres(major: number): string | undefined {
  if (major === 18) return join(postgresBinaries(account, tmpdir()), 'bin');
  const places = [process.env[`POSTGRES${major}_BIN`], `/usr/lib/postgresql/${major}/bin`, `/usr/pgsql-${major}/bin`];
  return places.find((path) => path !== undefined && existsSync(join(path, 'postgres')));
}

/** A fresh cluster, stopped and removed with the test. */
export async function postgresServer(t: Teardown, bin: string, options: ServerOptions = {}): Promise<PostgresServer> {
  const directory = temporary(t);
  options.prepare?.(directory);
  writeFileSync(join(directory, 'password'), SUPERUSER, { mode: 0o644 });
  const flags = [
    '-D',
    join(directory, 'data'),
    '-U',
    SUPERUSER,
    '--pwfile',
    join(directory, 'password'),
    '-A',
    'scram-sha-256',
  ];
  const made = spawnSync(
    join(bin, 'initdb'),
    [...flags, '-E', 'UTF8', '--locale=C', '--no-sync', ...(options.initdb ?? [])],
    {
      ...account,
      cwd: directory,
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  return serve(t, bin, { directory, ...options });
}

/** By which `synchronous_standby_names` knows a standby. */
export const STANDBY = 'standby';

/** A streaming standby of a server that was stopped for its copy and runs again. */
export async function standbyOf(t: Teardown, bin: string, primary: PostgresServer): Promise<PostgresServer> {
  await primary.stop();
  const directory = temporary(t);
  spawnSync('cp', ['-a', join(primary.directory, 'data'), directory]);
  await primary.start();
  writeFileSync(join(directory, 'data/standby.signal'), '');
  appendFileSync(
    join(directory, 'data/postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${primary.port} user=${SUPERUSER} password=${SUPERUSER} application_name=${STANDBY}'\n`,
  );
  return serve(t, bin, { directory });
}

function temporary(t: Teardown): string {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-server-'));
  chmodSync(directory, 0o700);
  if (account.uid !== undefined) chownSync(directory, account.uid, account.gid);
  t.teardown(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

interface Served extends ServerOptions {
  directory: string;
}

async function serve(t: Teardown, bin: string, { directory, env, settings }: Served): Promise<PostgresServer> {
  const port = await freePort();
  const data = join(directory, 'data');
  let child: ChildProcess | undefined;
  const url = (database: string) => `postgres://${SUPERUSER}:${SUPERUSER}@127.0.0.1:${port}/${database}`;
  const query: PostgresServer['query'] = async (sql, database = 'postgres') => {
    const client = new pg.Client(url(database));
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.query(sql);
    } finally {
      await client.end().catch(() => {});
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || hasEnded(running)) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await ended;
  };
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const start = async (): Promise<void> => {
    await until('PostgreSQL answers', async () => {
      if (child === undefined || hasEnded(child)) {
        const options = { ...account, cwd: directory, stdio: 'ignore', env: { ...process.env, ...env } } as const;
        child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...flags], options);
      }
      return query('SELECT 1').then(
        () => true,
        () => false,
      );
    });
  };
  const its = () => processes().filter((each) => each.directory === data);
  t.teardown(() => end('SIGINT'));
  await start();
  return {
    port,
    directory,
    query,
    url,
    start,
    stop: () => end('SIGINT'),
    signal(name) {
      for (const { pid } of its()) signalIfThere(pid, name);
    },
    async kill() {
      await end('SIGKILL');
      await until('its children are gone', () => its().length === 0);
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

export function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
