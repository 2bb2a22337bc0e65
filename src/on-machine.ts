import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeDependencies } from './access/policy/change-policy.js';
import { openPolicy } from './access/policy/open-policy.js';
import { openLog } from './audit/log.js';
import { originOf } from './audit/origin/origin-of.js';
import { originName, readOrigin } from './audit/origin/origins.js';
import { systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { DataDirectoryError, lockDataDirectory, type RunningServer, readRun } from './platform/data-directory.js';
import type { Keys } from './platform/keys/keys.js';
import { openKeys } from './platform/keys/open-keys.js';
import { type OpenedParts, openedParts } from './platform/lifecycle/opened.js';
import { openDatabase } from './platform/postgres/database.js';
import { postgresAccount } from './platform/postgres/embedded/postgres-account.js';
import { runningUrl, startPostgres } from './platform/postgres/embedded/start-postgres.js';
import { migrate } from './platform/postgres/migrate.js';

/** The data directory and the database of this machine, whether a node runs on it or not. */
export interface Machine {
  config: Config;
  /** As who may create roles; contains the password. */
  databaseUrl: string;
  /** The node that serves on this data directory. Undefined: none does, and none can start before the work ends. */
  running: RunningServer | undefined;
}

/** Keys, database and log, open on the machine itself: a node of its own, beside those that run. */
export interface LogAccess extends Machine, Omit<ChangeDependencies, 'policy'> {
  keys: Keys;
  /** Id of this node for as long as the work lasts. */
  node: string;
}

/** What a command on the machine itself needs to act. */
export interface Acting extends LogAccess, ChangeDependencies {}

/**
 * Work on the database of this machine. Beside a running node it uses that node's database and takes nothing from it; else it holds the lock of the
 * data directory, and starts the embedded PostgreSQL for as long as the work lasts. Throws DataDirectoryError `in-use` where a node starts or stops
 * right now or another command acts, `not-writable`; Error where PostgreSQL does not start.
 */
export async function onMachine<T>(config: Config, work: (machine: Machine) => Promise<T>): Promise<T> {
  const { dataDir, databaseUrl, postgresUser } = config;
  if (databaseUrl === undefined && !existsSync(dataDir)) await postgresAccount(postgresUser); // before anything is made
  const opened = openedParts();
  try {
    const running = lockOrFindNode(dataDir, opened);
    return await work({ config, running, databaseUrl: await findDatabase(config, running, opened) });
  } finally {
    await opened.close();
  }
}

/**
 * As `onMachine`, with keys and log open, and no policy: that is proved first, which a log that was set back can fail. Brings the tables up to date
 * where no node runs. Throws what a start would.
 */
export function atLog<T>(config: Config, work: (at: LogAccess) => Promise<T>): Promise<T> {
  return onMachine(config, async (machine) => {
    const opened = openedParts();
    try {
      return await work(await openLogAccess(machine, opened));
    } finally {
      await opened.close();
    }
  });
}

/** As `atLog`, with the policy open. */
export function actOnMachine<T>(config: Config, work: (acting: Acting) => Promise<T>): Promise<T> {
  return atLog(config, async (at) => {
    const origin = originName(originOf(config), await readOrigin(at.database.app));
    const policy = await openPolicy({ ...at, origin });
    try {
      return await work({ ...at, policy });
    } finally {
      await policy.close();
    }
  });
}

/** Updates the platform's own tables. Throws as `onMachine` and `migrate`. */
export function migrateMachine(config: Config): Promise<void> {
  return onMachine(config, ({ databaseUrl }) => migrate(databaseUrl));
}

async function openLogAccess(machine: Machine, opened: OpenedParts): Promise<LogAccess> {
  if (machine.running === undefined) await migrate(machine.databaseUrl);
  return openMigrated(machine, opened);
}

/** Keys and log of a database that is up to date. */
export async function openMigrated(machine: Machine, opened: OpenedParts): Promise<LogAccess> {
  const { config, databaseUrl } = machine;
  const clock = systemClock;
  const node = clock.uuid();
  const keys = await openKeys({ directory: join(config.dataDir, 'keys'), clock, given: config.keyFiles }, databaseUrl);
  const options = { statementTimeoutMs: config.statementTimeoutMs, loginKey: keys.database };
  const database = opened.keep(await openDatabase(databaseUrl, options));
  const log = opened.keep(await openLog({ database, clock, keys, node }));
  return { ...machine, keys, node, database, log, clock };
}

/** The node that runs here, or the lock that keeps one from starting. */
function lockOrFindNode(dataDir: string, opened: OpenedParts): RunningServer | undefined {
  try {
    opened.keep({ close: lockDataDirectory(dataDir) });
    return undefined;
  } catch (error) {
    const held = error instanceof DataDirectoryError && error.reason === 'in-use';
    const running = held ? readRun(dataDir) : undefined;
    if (running === undefined) throw error;
    return running;
  }
}

async function findDatabase(config: Config, running: RunningServer | undefined, opened: OpenedParts): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  if (running === undefined) {
    const postgres = await startPostgres(config);
    opened.keep({ close: postgres.stop });
    return postgres.url;
  }
  if (running.postgresSocket !== undefined) return runningUrl(config.dataDir, running.postgresSocket);
  throw new Error('The node that runs here uses no embedded PostgreSQL: give the URL of its database by DATABASE_URL.');
}
