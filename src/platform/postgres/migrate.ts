import knexModule, { type Knex } from 'knex';
import pg from 'pg';
import * as platform from '../../../migrations/001-platform.js';
import * as codeLists from '../../../migrations/002-code-lists.js';
import * as quality from '../../../migrations/003-quality.js';
import * as uploads from '../../../migrations/004-uploads.js';
import * as sources from '../../../migrations/005-sources.js';
import * as deliveryList from '../../../migrations/006-delivery-list.js';
import { migrateJobs } from '../jobs.js';
import { databaseProblem } from './database-problem.js';
import { connectionSettings } from './database-session.js';

const MIGRATIONS: Record<string, Knex.Migration> = {
  '001-platform': platform,
  '002-code-lists': codeLists,
  '003-quality': quality,
  '004-uploads': uploads,
  '005-sources': sources,
  '006-delivery-list': deliveryList,
};

/** A fixed list: runs what is compiled, not what is in a directory. */
const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(MIGRATIONS),
  getMigrationName: (name) => name,
  getMigration: async (name) => MIGRATIONS[name]!,
};

/** An arbitrary number, the same on all nodes, so that they wait for each other. */
const MIGRATION_LOCK = 7_346_021;

/**
 * Updates the platform's own tables. The user of the URL must be able to create roles and schemas. Nodes that start together take turns by an
 * advisory lock, which ends with its connection; knex's own lock would outlive a killed node, so it is freed first. Throws Problem `unavailable` or
 * `internal` (the cause holds the database's text).
 */
export async function migrate(url: string): Promise<void> {
  const settings = connectionSettings(url);
  const client = new pg.Client(settings);
  client.on('error', () => {});
  const knex = knexModule({ client: 'pg', connection: { ...settings }, pool: { min: 0, max: 2 } });
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS migration');
    const config = { migrationSource, schemaName: 'migration', tableName: 'migration' };
    await knex.migrate.forceFreeMigrationsLock(config);
    await knex.migrate.latest(config);
    await migrateJobs(url);
  } catch (error) {
    throw databaseProblem(error);
  } finally {
    await knex.destroy();
    await client.end().catch(() => {});
  }
}
