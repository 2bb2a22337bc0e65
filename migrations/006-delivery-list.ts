import type { Knex } from 'knex';

/** An application lists its own deliveries of a dataset, newest first. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;
    CREATE INDEX ON exchange.delivery (contract, application, created_at);
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The log of an installation is never migrated away.');
}
