import type { Knex } from 'knex';

/**
 * Deliveries uploaded in parts, deliveries withdrawn by their sender, and packages from offline networks. Parts are rows, so that any node continues
 * where another one stopped, and no acknowledged part is lost with a machine.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    SET ROLE exchange_owner;

    -- Hash of all that makes the same bytes mean the same: contract, standard, grant, mode, form. NULL: never recognised again.
    ALTER TABLE exchange.delivery ADD COLUMN meaning text;
    CREATE INDEX ON exchange.delivery (line_id, release) WHERE release IS NOT NULL;

    -- A wish of the deliverer's, apart: the delivery's row is locked while it is published.
    CREATE TABLE exchange.delivery_cancel (
      delivery uuid PRIMARY KEY REFERENCES exchange.delivery,
      wished_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE exchange.upload (
      id uuid PRIMARY KEY,
      contract text NOT NULL,
      application text NOT NULL,
      mode text NOT NULL CHECK (mode IN ('snapshot', 'delta')),
      again boolean NOT NULL,
      content_type text NOT NULL, encoding text NOT NULL,
      length bigint,                    -- of the whole, where the sender has told
      digest bytea,                     -- SHA-256 of the whole, where the sender has told
      received bigint NOT NULL DEFAULT 0,
      delivery uuid, claimed_at timestamptz, -- the delivery that took it over, or tries to
      ended boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL
    );
    CREATE INDEX ON exchange.upload (application);

    -- Bytes of an upload or of a package, in the order of their offsets.
    CREATE TABLE exchange.part (
      whole uuid NOT NULL,
      "offset" bigint NOT NULL,
      bytes bytea NOT NULL CHECK (length(bytes) BETWEEN 1 AND 8388608),
      PRIMARY KEY (whole, "offset")
    );
    ALTER TABLE exchange.part ALTER COLUMN bytes SET STORAGE EXTERNAL; -- what comes is compressed or encrypted as a rule

    -- Numbered per sender and dataset; one that waits has its bytes in exchange.part.
    CREATE TABLE exchange.package (
      id uuid PRIMARY KEY,
      sender text NOT NULL,
      contract text NOT NULL,
      number bigint NOT NULL CHECK (number > 0),
      manifest bytea NOT NULL,          -- SHA-256 of the signed manifest
      carrier text NOT NULL,
      state text NOT NULL CHECK (state IN ('waiting', 'delivered')),
      delivery uuid REFERENCES exchange.delivery,
      acknowledgement text,
      created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (sender, contract, number)
    );

    GRANT SELECT, INSERT ON exchange.delivery_cancel TO exchange_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON exchange.upload, exchange.package TO exchange_app;
    GRANT SELECT, INSERT, DELETE ON exchange.part TO exchange_app;
    RESET ROLE;
  `);
}

export async function down(): Promise<void> {
  throw new Error('What was handed over is never migrated away.');
}
