import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import * as platform from '../../../migrations/001-platform.js';
import * as codeLists from '../../../migrations/002-code-lists.js';
import * as quality from '../../../migrations/003-quality.js';
import * as uploads from '../../../migrations/004-uploads.js';
import * as sources from '../../../migrations/005-sources.js';
import * as deliveryList from '../../../migrations/006-delivery-list.js';
import * as origins from '../../../migrations/007-origins.js';
import * as keys from '../../../migrations/008-keys.js';
import * as walls from '../../../migrations/009-walls.js';
import * as people from '../../../migrations/010-people.js';
import * as retention from '../../../migrations/011-retention.js';
import * as calendar from '../../../migrations/013-calendar.js';
import * as requests from '../../../migrations/013-requests.js';
import * as restores from '../../../migrations/014-restores.js';
import { migrateJobs } from '../jobs.js';
import { checkServer } from './sessions/check-server.js';
import { findServers } from './sessions/servers.js';
import { SessionRefusal } from './sessions/session-refusal.js';
import { type ConnectionSettings, connectionSettings } from './sessions/session-settings.js';
import { startRefusal } from './sessions/start-refusal.js';

const MIGRATIONS: Record<string, Knex.Migration> = {
  '001-platform': platform,
  '002-code-lists': codeLists,
  '003-quality': quality,
  '004-uploads': uploads,
  '005-sources': sources,
  '006-delivery-list': deliveryList,
  '007-origins': origins,
  '008-keys': keys,
  '009-walls': walls,
  '010-people': people,
  '011-retention': retention,
  '013-calendar': calendar,
  '013-requests': requests,
  '014-restores': restores,
};

/** In the order in which they run. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS);

/** A fixed list: runs what is compiled, not what is in a directory. */
const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(MIGRATIONS),
  getMigrationName: (name) => name,
  getMigration: async (name) => MIGRATIONS[name]!,
};

/** An arbitrary number, the same on all nodes, so that they wait for each other. */
const MIGRATION_LOCK = 7_346_021;

/** knex prints a failed statement whole; `startRefusal` says what a person needs. */
const SILENT = { warn() {}, error() {}, deprecate() {}, debug() {} };

/**
 * Updates the platform's own tables. The user of the URL must own the database and be able to create roles. Nodes that start together take turns by
 * an advisory lock, which ends with its connection; knex's own lock would outlive a killed node, so it is freed first. Throws what `startRefusal`
 * makes of the failure.
 */
export async function migrate(url: string): Promise<void> {
  try {
    const servers = await findServers(url);
    servers.close();
    await migrateAt(connectionSettings(servers.primary()));
  } catch (error) {
    throw startRefusal(error);
  }
}

async function migrateAt(settings: ConnectionSettings): Promise<void> {
  const client = await connect(settings);
  const knex = knexModule({ client: 'pg', connection: { ...settings }, pool: { min: 0, max: 2 }, log: SILENT });
  const asOwner = new pg.Pool({ ...settings, max: 1, onConnect: (one) => one.query('SET ROLE exchange_owner') });
  asOwner.on('error', () => {}); // the failing query reports it
  asOwner.on('connect', (one) => one.on('error', () => {}));
  try {
    await checkServer(client, () => connect(settings));
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS migration');
    const config = { migrationSource, schemaName: 'migration', tableName: 'migration' };
    await knex.migrate.forceFreeMigrationsLock(config);
    await refuseNewer(client);
    await knex.migrate.latest(config);
    await refuseHalfRestored(client);
    await migrateJobs(asOwner);
  } finally {
    await Promise.allSettled([knex.destroy(), asOwner.end(), client.end()]);
  }
}

async function refuseNewer(client: pg.Client): Promise<void> {
  const { rowCount: first } = await client.query(
    `SELECT FROM pg_tables WHERE schemaname = 'migration' AND tablename = 'migration'`,
  );
  if (first === 0) return;
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migration.migration ORDER BY id');
  const unknown = rows.map(({ name }) => name).filter((name) => !(name in MIGRATIONS));
  if (unknown.length === 0) return;
  throw new SessionRefusal(
    `The tables are of a newer version of the exchange (${unknown.join(', ')}): start that version, or restore a backup from before it.`,
  );
}

async function refuseHalfRestored(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM exchange.restore WHERE ended_at IS NULL');
  if (rowCount === 0) return;
  throw new SessionRefusal(
    'A restore of this database did not end, so what was revoked since its backup is open: run the same exchange restore again.',
  );
}

async function connect(settings: ConnectionSettings): Promise<pg.Client> {
  const client = new pg.Client(settings);
  client.on('error', () => {}); // the failing query reports it
  await client.connect();
  return client;
}
