import type { Knex } from 'knex';

/** Quality reports by delivery: counts and line numbers, no values. Written with their release, never changed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;
    CREATE TABLE exchange.quality (
      delivery uuid PRIMARY KEY REFERENCES exchange.delivery,
      line_id integer NOT NULL REFERENCES exchange.line,
      release bigint,                   -- NULL: rejected whole
      contract text NOT NULL,           -- id, with the major
      report jsonb NOT NULL,
      made_at timestamptz NOT NULL
    );
    CREATE UNIQUE INDEX ON exchange.quality (line_id, release);
    GRANT SELECT ON exchange.quality TO exchange_app;
    CREATE FUNCTION exchange.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'quality reports are append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange.quality EXECUTE FUNCTION exchange.refuse_change();
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('What a department was told of its data is never migrated away.');
}
