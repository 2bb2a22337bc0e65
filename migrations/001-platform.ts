import type { Knex } from 'knex';

/**
 * The platform's own tables. Contracts define the dataset tables (schema `data`); staging tables are in schema `staging`. All rights are granted
 * here: `exchange_reader` reads published rows and, of the platform, only release counters; `exchange_audit` may INSERT and SELECT in `audit` only;
 * nobody may UPDATE, DELETE or TRUNCATE entries.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    DO $$ DECLARE r text; more text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN '' ELSE ' WITH INHERIT TRUE, SET TRUE' END; BEGIN
      FOREACH r IN ARRAY ARRAY['exchange_owner', 'exchange_app', 'exchange_reader', 'exchange_audit'] LOOP
        BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I NOLOGIN', r); END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this cluster is migrating beside us
        END;
        IF NOT pg_has_role(current_user, r, CASE more WHEN '' THEN 'MEMBER' ELSE 'SET' END) THEN EXECUTE format('GRANT %I TO %I', r, current_user) || more; END IF;
      END LOOP;
      EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO exchange_owner', current_database());
      EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END $$;

    CREATE SCHEMA exchange AUTHORIZATION exchange_owner;
    CREATE SCHEMA audit; -- belongs to who migrates, not to any role that the server works under
    CREATE SCHEMA data AUTHORIZATION exchange_owner;
    CREATE SCHEMA staging AUTHORIZATION exchange_owner;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    SET ROLE exchange_owner;

    -- Every policy record (contract, publisher, purpose, application, key, grant), append-only: a version never changes.
    CREATE TABLE exchange.policy_record (
      kind text NOT NULL,
      id text NOT NULL,
      version integer NOT NULL,
      document text NOT NULL,           -- canonical JSON (RFC 8785); its SHA-256 stands in the log entry
      entry_index bigint NOT NULL,
      PRIMARY KEY (kind, id, version)
    );
    CREATE INDEX ON exchange.policy_record (entry_index);

    -- One line per dataset (publisher/dataset): owns the table, the release counter and the deliveries.
    CREATE TABLE exchange.line (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL UNIQUE,        -- police/resident
      release bigint NOT NULL DEFAULT 0,
      released_at timestamptz
    );

    CREATE TABLE exchange.delivery (
      id uuid PRIMARY KEY,
      line_id integer NOT NULL REFERENCES exchange.line,
      contract text NOT NULL,
      contract_hash text NOT NULL,
      application text NOT NULL,
      "grant" text NOT NULL,
      mode text NOT NULL CHECK (mode IN ('snapshot', 'delta')),
      state text NOT NULL,              -- receiving, validating, landed, publishing, published, rejected, failed
      media_type text NOT NULL,
      digest text,
      bytes bigint NOT NULL DEFAULT 0,
      received bigint NOT NULL DEFAULT 0,
      accepted bigint NOT NULL DEFAULT 0,
      rejected bigint NOT NULL DEFAULT 0,
      inserted bigint NOT NULL DEFAULT 0,
      updated bigint NOT NULL DEFAULT 0,
      deleted bigint NOT NULL DEFAULT 0,
      release bigint,
      report jsonb,
      node text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz
    );
    CREATE INDEX ON exchange.delivery (line_id, created_at);
    CREATE INDEX ON exchange.delivery (state) WHERE ended_at IS NULL;

    -- Rows set aside: nothing that a publisher sent is lost.
    CREATE TABLE exchange.delivery_reject (
      delivery uuid NOT NULL REFERENCES exchange.delivery,
      line bigint NOT NULL,
      "row" text NOT NULL,
      errors jsonb NOT NULL,
      PRIMARY KEY (delivery, line)
    );

    CREATE TABLE exchange.idempotency (
      issuer text NOT NULL,
      subject text NOT NULL,
      route text NOT NULL,
      key text NOT NULL,
      body_digest text,
      status integer,                   -- NULL while in progress
      headers jsonb,
      reply text,
      node text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (issuer, subject, route, key)
    );
    CREATE INDEX ON exchange.idempotency (created_at);

    -- Live nodes: what each serves, so that an apply can wait for all of them.
    CREATE TABLE exchange.node (
      id text PRIMARY KEY,
      epoch bigint NOT NULL DEFAULT 0,
      seen_at timestamptz NOT NULL DEFAULT now()
    );

    -- oidc-provider's adapter.
    CREATE TABLE exchange.oidc (
      model text NOT NULL,
      id text NOT NULL,
      payload jsonb NOT NULL,
      grant_id text,
      uid text,
      user_code text,
      expires_at timestamptz,
      consumed_at timestamptz,
      PRIMARY KEY (model, id)
    );
    CREATE INDEX ON exchange.oidc (expires_at);
    CREATE INDEX ON exchange.oidc (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX ON exchange.oidc (uid) WHERE uid IS NOT NULL;

    GRANT USAGE ON SCHEMA exchange TO exchange_app, exchange_reader, exchange_audit;
    GRANT USAGE ON SCHEMA data TO exchange_reader, exchange_app;
    GRANT SELECT, INSERT ON exchange.policy_record TO exchange_app;
    GRANT SELECT, INSERT ON exchange.line TO exchange_app;
    GRANT SELECT (id, name, release, released_at) ON exchange.line TO exchange_reader;
    GRANT SELECT, INSERT, UPDATE ON exchange.delivery TO exchange_app;
    GRANT SELECT, INSERT ON exchange.delivery_reject TO exchange_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON exchange.idempotency, exchange.node, exchange.oidc TO exchange_app;
    ALTER DEFAULT PRIVILEGES FOR ROLE exchange_owner IN SCHEMA data GRANT SELECT ON TABLES TO exchange_reader;
    RESET ROLE;

    -- Insert-only; the newest row is the head of the log.
    CREATE TABLE audit.batch (
      first bigint PRIMARY KEY,
      next bigint NOT NULL,
      edge bytea NOT NULL,              -- right edge: 32-byte subtree roots, largest first
      batch_id uuid NOT NULL UNIQUE,
      last_time bigint NOT NULL,        -- ms since the epoch
      policy_epoch bigint NOT NULL
    );
    CREATE TABLE audit.entry (
      index bigint PRIMARY KEY,
      bytes bytea NOT NULL,             -- the open part, exactly as hashed
      sealed bytea NOT NULL,
      application text,                 -- search columns, recomputable from bytes
      event text NOT NULL,
      time bigint NOT NULL
    );
    CREATE INDEX ON audit.entry (application, index);
    -- The few entries that carry policy records: the policy index is loaded by walking them (access/policy/read-records.ts has the same list).
    CREATE INDEX ON audit.entry (index) WHERE event IN ('contract.published', 'publisher.registered', 'purpose.registered',
      'application.registered', 'application.disabled', 'key.added', 'key.revoked', 'grant.issued', 'grant.revoked');
    -- Full tiles only: 256 hashes of 32 bytes (C2SP tlog-tiles).
    CREATE TABLE audit.tile (
      level smallint NOT NULL,
      n bigint NOT NULL,
      hashes bytea NOT NULL CHECK (length(hashes) = 8192),
      PRIMARY KEY (level, n)
    );
    CREATE TABLE audit.checkpoint (
      size bigint PRIMARY KEY,
      note text NOT NULL,
      signed_at timestamptz NOT NULL DEFAULT now()
    );

    -- No role rewrites history: entries are only ever inserted, and the owner of the tables is refused as well.
    GRANT USAGE ON SCHEMA audit TO exchange_owner, exchange_app, exchange_audit;
    GRANT SELECT, INSERT ON audit.batch, audit.entry, audit.tile, audit.checkpoint TO exchange_owner, exchange_app, exchange_audit;
    CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.batch EXECUTE FUNCTION audit.refuse();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry EXECUTE FUNCTION audit.refuse();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tile EXECUTE FUNCTION audit.refuse();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint EXECUTE FUNCTION audit.refuse();
  `);
}

export async function down(): Promise<void> {
  throw new Error('The log of an installation is never migrated away.');
}
