import type { Knex } from 'knex';

/**
 * What every database user may do by PostgreSQL's defaults, and no login of the exchange needs: change its session inside a SELECT, make large
 * objects, end other sessions, take advisory locks or notify as the reader. Only a superuser can take it away; without one the walls are the logins'
 * rights alone.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    DO $$ DECLARE f regprocedure; BEGIN
      IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RETURN; END IF;
      FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND (proname ~ '^(lo_|pg_advisory_|pg_try_advisory_)'
        OR proname IN ('lowrite', 'loread', 'set_config', 'pg_notify', 'pg_terminate_backend', 'pg_cancel_backend')) LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
        IF (SELECT proname ~ '^(pg_advisory_|pg_try_advisory_|pg_notify$)' FROM pg_proc WHERE oid = f) THEN
          EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO exchange_owner, exchange_app, exchange_audit', f);
        END IF;
      END LOOP;
    END $$;
  `);
}

export async function down(): Promise<void> {
  throw new Error('A wall is never migrated away.');
}
