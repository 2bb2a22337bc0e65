import type { Knex } from 'knex';

/**
 * New origins of the log, and what they suspend. The index has the list of events of access/policy/records.ts; with a shorter list PostgreSQL
 * would read the whole log at every start. A size may be signed under each origin.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX policy_entry_2 ON audit.entry (index) WHERE event IN ('contract.published', 'publisher.registered', 'purpose.registered',
      'application.registered', 'application.disabled', 'application.reopened', 'key.added', 'key.revoked', 'grant.issued', 'grant.revoked',
      'grant.reopened', 'code-list.changed', 'upstream.approved', 'upstream.withdrawn', 'upstream.reopened', 'origin.began');
    DROP INDEX audit.policy_entry;
    ALTER INDEX audit.policy_entry_2 RENAME TO policy_entry;
    CREATE INDEX origin_entry ON audit.entry (index) WHERE event = 'origin.began';
    ALTER TABLE audit.checkpoint DROP CONSTRAINT checkpoint_pkey;
    CREATE UNIQUE INDEX checkpoint_of_origin ON audit.checkpoint (size, split_part(note, E'\\n', 1));
    -- Rows beyond the head that a new origin found: evidence, which nothing reads.
    CREATE TABLE audit.set_aside (
      part text NOT NULL,
      row jsonb NOT NULL,
      set_aside_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.set_aside EXECUTE FUNCTION audit.refuse();
  `);
}

export async function down(): Promise<void> {
  throw new Error('The log of an installation is never migrated away.');
}
