import type { Knex } from 'knex';

/**
 * Changes of code lists are policy records: their entries join the few that the policy index walks. The index has the list of events of
 * access/policy/read-records.ts, word for word; with another one PostgreSQL would read the whole log at every start.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX policy_entry ON audit.entry (index) WHERE event IN ('contract.published', 'publisher.registered', 'purpose.registered',
      'application.registered', 'application.disabled', 'key.added', 'key.revoked', 'grant.issued', 'grant.revoked', 'code-list.changed');
    DROP INDEX audit.entry_index_idx;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The log of an installation is never migrated away.');
}
