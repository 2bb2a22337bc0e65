import type { Knex } from 'knex';

/**
 * Changes of code lists are policy records: the policy index reads their entries. This index has exactly the list of events of
 * access/policy/read-records.ts; with another list PostgreSQL would read the whole log at every start.
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
