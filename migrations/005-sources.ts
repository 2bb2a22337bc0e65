import type { Knex } from 'knex';

/**
 * Approvals of upstreams are policy records; runs of sources, and where the next run continues. The index has the list of events of
 * access/policy/read-records.ts; with a shorter list PostgreSQL would read the whole log at every start.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX policy_entry_2 ON audit.entry (index) WHERE event IN ('contract.published', 'publisher.registered', 'purpose.registered',
      'application.registered', 'application.disabled', 'key.added', 'key.revoked', 'grant.issued', 'grant.revoked', 'code-list.changed',
      'upstream.approved', 'upstream.withdrawn');
    DROP INDEX audit.policy_entry;
    ALTER INDEX audit.policy_entry_2 RENAME TO policy_entry;

    SET ROLE exchange_owner;
    -- Runs of pulled sources: the history, and what a run that is under way has come to.
    CREATE TABLE exchange.source_run (
      id uuid PRIMARY KEY,
      contract text NOT NULL,
      state text NOT NULL CHECK (state IN ('queued', 'running', 'published', 'rejected', 'failed')),
      cause text NOT NULL CHECK (cause IN ('schedule', 'request')),
      attempt integer NOT NULL DEFAULT 0,
      node text,
      delivery uuid,
      code text,                        -- of the register of problems
      reason text,
      watermark_from text,
      watermark_to text,
      report jsonb,                     -- counts and digests of both sides, and what was kept of a run that failed
      queued_at timestamptz NOT NULL DEFAULT now(),
      started_at timestamptz,
      ended_at timestamptz
    );
    CREATE INDEX ON exchange.source_run (contract, queued_at);

    -- How far the published rows of a source reach; moves in the transaction of the release.
    CREATE TABLE exchange.source_state (
      contract text PRIMARY KEY,
      watermark text,
      source text NOT NULL,             -- hash of the source's terms: another source begins anew
      contract_hash text NOT NULL,      -- a contract published anew takes the columns as they are
      columns jsonb NOT NULL,           -- name -> type, as the source's catalogue told at the last release
      moved_at timestamptz NOT NULL DEFAULT now()
    );
    GRANT SELECT, INSERT, UPDATE ON exchange.source_run TO exchange_app;
    GRANT SELECT ON exchange.source_state TO exchange_app;
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The log of an installation is never migrated away.');
}
