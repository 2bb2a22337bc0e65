import type { Knex } from 'knex';

/**
 * Access requests, their steps and duty clocks. The index has the list of events of access/policy/records.ts; with a shorter list PostgreSQL would
 * read the whole log at every start.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX policy_entry_4 ON audit.entry (index) WHERE event IN ('contract.published', 'publisher.registered', 'purpose.registered',
      'application.registered', 'application.disabled', 'application.reopened', 'key.added', 'key.revoked', 'grant.issued', 'grant.renewed',
      'grant.suspended', 'grant.resumed', 'grant.revoked', 'grant.reopened', 'code-list.changed', 'upstream.approved', 'upstream.withdrawn',
      'upstream.reopened', 'origin.began', 'person.registered', 'person.proposed', 'person.confirmed', 'person.refused', 'person.enrolled',
      'person.disabled', 'person.recovered', 'person.reopened');
    DROP INDEX audit.policy_entry;
    ALTER INDEX audit.policy_entry_4 RENAME TO policy_entry;

    SET ROLE exchange_owner;
    CREATE TABLE exchange.access_request (
      id uuid PRIMARY KEY,
      version integer NOT NULL, state text NOT NULL, -- the version counts the steps
      department text NOT NULL, provider text NOT NULL, -- who asks; publisher of the dataset
      application text NOT NULL,
      contract text NOT NULL,           -- police/resident/v1
      mode text NOT NULL, purposes text[] NOT NULL,
      "grant" uuid,
      valid_until timestamptz NOT NULL, -- as asked, then as agreed
      facts jsonb NOT NULL,             -- what was asked, and what the steps added
      drafted_at timestamptz NOT NULL DEFAULT now(), moved_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ON exchange.access_request (department, state);
    CREATE INDEX ON exchange.access_request (provider, state);
    CREATE INDEX ON exchange.access_request (application, contract);
    CREATE INDEX ON exchange.access_request (drafted_at, id);

    CREATE TABLE exchange.request_step (
      request uuid NOT NULL REFERENCES exchange.access_request, version integer NOT NULL, step text NOT NULL,
      state text NOT NULL,              -- after it
      person text,                      -- NULL: the exchange itself
      department text,
      said jsonb NOT NULL,
      at timestamptz NOT NULL,
      PRIMARY KEY (request, version)
    );
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange.request_step EXECUTE FUNCTION exchange.refuse_change();

    CREATE TABLE exchange.duty_clock (
      id uuid PRIMARY KEY,
      subject uuid NOT NULL,            -- the request
      duty text NOT NULL,
      department text NOT NULL,         -- whose duty
      started date NOT NULL,            -- not counted
      extension integer NOT NULL DEFAULT 0,
      pauses jsonb NOT NULL DEFAULT '[]', -- {from, until}: days after from, up to until, do not count
      due date,                         -- NULL while it is paused
      provisional boolean NOT NULL,
      ended date
    );
    CREATE UNIQUE INDEX ON exchange.duty_clock (subject) WHERE ended IS NULL;
    CREATE INDEX ON exchange.duty_clock (due) WHERE ended IS NULL;
    CREATE INDEX ON exchange.duty_clock (subject);
    GRANT SELECT, INSERT, UPDATE ON exchange.access_request, exchange.duty_clock TO exchange_app;
    GRANT SELECT, INSERT ON exchange.request_step TO exchange_app;
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('What departments asked of each other is never migrated away.');
}
