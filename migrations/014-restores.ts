import type { Knex } from 'knex';

/** Restores of this database. While one has not ended, grants may be open that were revoked after its backup: no node starts. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;
    CREATE TABLE exchange.restore (
      began_at timestamptz PRIMARY KEY DEFAULT now(),
      loaded jsonb NOT NULL,            -- what the backup held
      ended_at timestamptz
    );
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The log of an installation is never migrated away.');
}
