import type { Knex } from 'knex';

/**
 * What the database knows of the keys that its nodes share: a fingerprint each, never a key. A fingerprint stays; a month's key that was destroyed
 * keeps its row, so that no node makes it anew.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;
    CREATE TABLE exchange.key (
      name text PRIMARY KEY,            -- row-id, month-2026-11
      fingerprint text NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT now(),
      destroyed_at timestamptz
    );
    GRANT SELECT, INSERT ON exchange.key TO exchange_app;
    CREATE FUNCTION exchange.refuse_another_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL
          AND (NEW.name, NEW.fingerprint, NEW.recorded_at) = (OLD.name, OLD.fingerprint, OLD.recorded_at) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'fingerprints of keys are append-only' USING ERRCODE = 'insufficient_privilege';
      END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON exchange.key FOR EACH ROW EXECUTE FUNCTION exchange.refuse_another_key();
    CREATE TRIGGER whole BEFORE TRUNCATE ON exchange.key EXECUTE FUNCTION exchange.refuse_another_key();
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('Which keys an installation has is never migrated away.');
}
