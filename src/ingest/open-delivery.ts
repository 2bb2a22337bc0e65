import type pg from 'pg';
import { oneRow } from '../platform/postgres/one-row.js';
import { type Delivery, NO_COUNTS } from './delivery.js';
import { stagingTable } from './land/staging.js';

/** A lock that the delivery's own connection holds: where it is free, the delivery's node is dead. */
export const LIFE = `hashtextextended('delivery ' || $1::text, 0)`;

export interface Opening {
  id: string;
  /** Name of the lineage. */
  lineage: string;
  contract: { id: string; hash: string };
  application: string;
  grant: string;
  mode: 'snapshot' | 'delta';
  mediaType: string;
  /** Hash of the meaning of the bytes (`same-file.ts`); null where they are never recognised. */
  meaning: string | null;
  node: string;
}

/** Registers a delivery in state `receiving`, on the connection that it keeps to its end. */
export async function openDelivery(client: pg.ClientBase, opening: Opening): Promise<Delivery> {
  await client.query(`SELECT pg_advisory_lock(${LIFE})`, [opening.id]);
  const lineageId = await lineageOf(client, opening.lineage);
  await client.query(
    `INSERT INTO exchange.delivery (id, line_id, contract, contract_hash, application, "grant", mode, state, media_type, meaning, node,
       created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'receiving', $8, $9, $10, clock_timestamp())`,
    [
      opening.id,
      lineageId,
      opening.contract.id,
      opening.contract.hash,
      opening.application,
      opening.grant,
      opening.mode,
      opening.mediaType,
      opening.meaning,
      opening.node,
    ],
  );
  const { id, mode } = opening;
  return { id, lineageId, mode, state: 'receiving', digest: null, counts: NO_COUNTS, release: null, report: null };
}

async function lineageOf(client: pg.ClientBase, name: string): Promise<number> {
  const find = () => client.query<{ id: number }>('SELECT id FROM exchange.line WHERE name = $1', [name]);
  const known = (await find()).rows[0];
  if (known !== undefined) return known.id;
  await client.query('INSERT INTO exchange.line (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', [name]);
  return oneRow(await find(), 'line').id;
}

export async function releaseLife(client: pg.ClientBase, deliveryId: string): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock(${LIFE})`, [deliveryId]);
}

export async function dropStaging(client: pg.ClientBase, deliveryId: string): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${stagingTable(deliveryId)}`);
}
