import type { Knex } from 'knex';

/** Holidays and make-up days of the years that were imported; the shipped years are files. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;
    CREATE TABLE exchange.calendar_year (
      year integer PRIMARY KEY,
      source text NOT NULL,             -- the notice of the State Council
      holidays date[] NOT NULL,
      workdays date[] NOT NULL,         -- Saturdays and Sundays that are worked
      imported_at timestamptz NOT NULL DEFAULT now()
    );
    GRANT SELECT, INSERT, UPDATE ON exchange.calendar_year TO exchange_app;
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('What due dates were computed from is never migrated away.');
}
