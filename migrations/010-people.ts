import type { Knex } from 'knex';

/**
 * People: their sessions, and what they sign in with. Who they are and what they may do stands in policy records. The index has the list of events
 * of access/policy/records.ts; with a shorter list PostgreSQL would read the whole log at every start.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX policy_entry_3 ON audit.entry (index) WHERE event IN ('contract.published', 'publisher.registered', 'purpose.registered',
      'application.registered', 'application.disabled', 'application.reopened', 'key.added', 'key.revoked', 'grant.issued', 'grant.revoked',
      'grant.reopened', 'code-list.changed', 'upstream.approved', 'upstream.withdrawn', 'upstream.reopened', 'origin.began',
      'person.registered', 'person.proposed', 'person.confirmed', 'person.refused', 'person.enrolled', 'person.disabled', 'person.recovered',
      'person.reopened');
    DROP INDEX audit.policy_entry;
    ALTER INDEX audit.policy_entry_3 RENAME TO policy_entry;

    SET ROLE exchange_owner;
    CREATE TABLE exchange.session (
      id uuid PRIMARY KEY,
      login text NOT NULL,
      client text NOT NULL,             -- the program in front of the person
      address text NOT NULL,
      began_at timestamptz NOT NULL DEFAULT now(),
      used_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz
    );
    CREATE INDEX ON exchange.session (login) WHERE ended_at IS NULL;
    -- Sealed under a key that is not in the database, for one enrolment of the person's record: a row written by hand opens nothing.
    CREATE TABLE exchange.credential (
      login text PRIMARY KEY,
      sealed bytea NOT NULL,            -- password hash and TOTP secret
      totp_step bigint NOT NULL DEFAULT 0, -- the newest 30 seconds whose code was used
      recovery bytea[] NOT NULL         -- keyed digests of the codes that are left
    );
    -- At most one open link a person.
    CREATE TABLE exchange.invitation (
      login text PRIMARY KEY,
      digest bytea NOT NULL,            -- keyed
      sealed bytea,                     -- the TOTP secret shown on the page, until it is confirmed
      expires_at timestamptz NOT NULL
    );
    -- Failed sign-ins, by account and by address.
    CREATE TABLE exchange.sign_in_failure (
      who text PRIMARY KEY,             -- account:<login>, address:<prefix>
      failures integer NOT NULL,
      last_at timestamptz NOT NULL DEFAULT now(),
      blocked_until timestamptz NOT NULL
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON exchange.session, exchange.credential, exchange.invitation, exchange.sign_in_failure TO exchange_app;
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('The accounts of an installation are never migrated away.');
}
