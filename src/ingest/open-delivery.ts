import type pg from 'pg';
import { type Delivery, NO_COUNTS } from './delivery.js';
import { STAGING_NAME, stagingTable } from './staging.js';

/** Held on the delivery's own connection while it lives: where the lock is free, the node that began it is gone. */
const LIFE = `hashtextextended('delivery ' || $1::text, 0)`;

export interface Opening {
  id: string;
  /** Name of the line. */
  line: string;
  contract: { id: string; hash: string };
  application: string;
  grant: string;
  mode: 'snapshot' | 'delta';
  mediaType: string;
  node: string;
}

/** Registers a delivery in state `receiving`, on the connection that it keeps to its end. */
export async function openDelivery(client: pg.ClientBase, opening: Opening): Promise<Delivery> {
  await client.query(`SELECT pg_advisory_lock(${LIFE})`, [opening.id]);
  const lineId = await lineOf(client, opening.line);
  await client.query(
    `INSERT INTO exchange.delivery (id, line_id, contract, contract_hash, application, "grant", mode, state, media_type, node, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'receiving', $8, $9, clock_timestamp())`,
    [
      opening.id,
      lineId,
      opening.contract.id,
      opening.contract.hash,
      opening.application,
      opening.grant,
      opening.mode,
      opening.mediaType,
      opening.node,
    ],
  );
  const { id, mode } = opening;
  return { id, lineId, mode, state: 'receiving', digest: null, counts: NO_COUNTS, release: null, report: null };
}

async function lineOf(client: pg.ClientBase, name: string): Promise<number> {
  const find = () => client.query<{ id: number }>('SELECT id FROM exchange.line WHERE name = $1', [name]);
  const known = (await find()).rows[0];
  if (known !== undefined) return known.id;
  await client.query('INSERT INTO exchange.line (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', [name]);
  return (await find()).rows[0]!.id;
}

export async function releaseLife(client: pg.ClientBase, deliveryId: string): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock(${LIFE})`, [deliveryId]);
}

export async function dropStaging(client: pg.ClientBase, deliveryId: string): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${stagingTable(deliveryId)}`);
}

/**
 * Ends what a dead node left: its deliveries become `failed`, their staging tables go. The last release is as it was. Deliveries of nodes
 * that live are left alone. Returns the ids of those that failed.
 */
export async function recoverDeliveries({ database }: { database: { owner: pg.Pool } }): Promise<string[]> {
  const client = await database.owner.connect();
  try {
    const { rows: open } = await client.query<{ id: string }>(
      'SELECT id FROM exchange.delivery WHERE ended_at IS NULL',
    );
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'staging'`,
    );
    const staged = tables.flatMap(
      ({ name }) => STAGING_NAME.exec(name)?.[1]?.replace(UUID_PARTS, '$1-$2-$3-$4-$5') ?? [],
    );
    const failed: string[] = [];
    for (const id of new Set([...open.map((row) => row.id), ...staged])) {
      if (await endDead(client, id)) failed.push(id);
    }
    return failed;
  } finally {
    client.release();
  }
}

const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

async function endDead(client: pg.ClientBase, id: string): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>(`SELECT pg_try_advisory_lock(${LIFE}) AS free`, [id]);
  if (!rows[0]!.free) return false;
  try {
    await dropStaging(client, id);
    const { rowCount } = await client.query(
      `UPDATE exchange.delivery SET state = 'failed', ended_at = clock_timestamp(),
         report = '{"unmapped": [], "faults": [], "refused": {"rule": "interrupted", "reason": "the exchange stopped before the delivery had ended"}}'
       WHERE id = $1 AND ended_at IS NULL`,
      [id],
    );
    return rowCount === 1;
  } finally {
    await releaseLife(client, id);
  }
}
