import type { Knex } from 'knex';

/**
 * Retention. A quality report is still never changed, and goes only once it is older than half a year (网络安全法 art. 21 keeps records for at least
 * six months) and its release is not the one that is read. A package outlives its delivery: its number must not come twice.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;
    CREATE OR REPLACE FUNCTION exchange.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
    CREATE FUNCTION exchange.refuse_early_removal() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.made_at > now() - interval '183 days'
          OR EXISTS (SELECT FROM exchange.line l WHERE l.id = OLD.line_id AND l.release = OLD.release) THEN
          RAISE EXCEPTION 'this report is still needed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN OLD;
      END $$;
    DROP TRIGGER append_only ON exchange.quality;
    CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON exchange.quality EXECUTE FUNCTION exchange.refuse_change();
    CREATE TRIGGER kept BEFORE DELETE ON exchange.quality FOR EACH ROW EXECUTE FUNCTION exchange.refuse_early_removal();
    ALTER TABLE exchange.package DROP CONSTRAINT package_delivery_fkey,
      ADD CONSTRAINT package_delivery_fkey FOREIGN KEY (delivery) REFERENCES exchange.delivery ON DELETE SET NULL;
    CREATE INDEX ON exchange.package (delivery);
    CREATE INDEX ON exchange.delivery (ended_at) WHERE ended_at IS NOT NULL;
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('What a department was told of its data is never migrated away.');
}
