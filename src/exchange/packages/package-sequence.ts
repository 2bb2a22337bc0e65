import type pg from 'pg';
import type { Manifest } from '../../ingest/package/manifest.js';
import { oneRow } from '../../platform/postgres/one-row.js';

/** The state of one package of a sender's sequence. */
export type KnownPackage = {
  id: string;
  number: number;
  manifest: Buffer;
} & ({ state: 'waiting'; acknowledgement: null } | { state: 'delivered'; acknowledgement: string });

type PackageSequence = Pick<Manifest, 'sender' | 'contract'>;

/** How many packages may wait for a missing one. */
export const AHEAD_AT_MOST = 100;

/** One package of a sequence at a time, over all nodes. False if another one is being delivered. */
export async function lockSequence(client: pg.ClientBase, { sender, contract }: PackageSequence): Promise<boolean> {
  const lock = await client.query<{ free: boolean }>(
    `SELECT pg_try_advisory_lock(hashtextextended('packages ' || $1 || ' ' || $2, 0)) AS free`,
    [sender, contract],
  );
  return oneRow(lock, 'lock').free;
}

export async function unlockSequence(client: pg.ClientBase, { sender, contract }: PackageSequence): Promise<void> {
  await client.query(`SELECT pg_advisory_unlock(hashtextextended('packages ' || $1 || ' ' || $2, 0))`, [
    sender,
    contract,
  ]);
}

/** The last delivered number; 0 if there is none. */
export async function lastNumber(client: pg.ClientBase, { sender, contract }: PackageSequence): Promise<number> {
  const newest = await client.query<{ last: string | null }>(
    `SELECT max(number) AS last FROM exchange.package WHERE sender = $1 AND contract = $2 AND state = 'delivered'`,
    [sender, contract],
  );
  return Number(oneRow(newest, 'number').last ?? 0);
}

export async function findPackage(
  client: pg.ClientBase,
  { sender, contract }: PackageSequence,
  number: number,
): Promise<KnownPackage | undefined> {
  const { rows } = await client.query<KnownPackage & { number: string | number }>(
    `SELECT id, number, manifest, state, acknowledgement FROM exchange.package
     WHERE sender = $1 AND contract = $2 AND number = $3`,
    [sender, contract, number],
  );
  return rows[0] === undefined ? undefined : { ...rows[0], number: Number(rows[0].number) };
}

/** Numbers between the last delivered one and this one that have not arrived. */
export async function missingBefore(client: pg.ClientBase, { sender, contract }: PackageSequence, number: number) {
  const last = await lastNumber(client, { sender, contract });
  const { rows } = await client.query<{ number: string }>(
    `SELECT n AS number FROM generate_series($3::bigint, $4::bigint) n
     WHERE NOT EXISTS (SELECT FROM exchange.package WHERE sender = $1 AND contract = $2 AND number = n) ORDER BY n`,
    [sender, contract, last + 1, number - 1],
  );
  return rows.map((row) => Number(row.number));
}

/** Stores a package until its turn; its bytes are the parts with the same id. */
export async function keepAside(
  client: pg.ClientBase,
  { id, manifest, digest, carrier }: { id: string; manifest: Manifest; digest: Buffer; carrier: string },
): Promise<void> {
  const { sender, contract, number } = manifest;
  await client.query(
    `INSERT INTO exchange.package (id, sender, contract, number, manifest, carrier, state)
     VALUES ($1, $2, $3, $4, $5, $6, 'waiting')`,
    [id, sender, contract, number, digest, carrier],
  );
}

export async function markDelivered(
  client: pg.ClientBase,
  id: string,
  { delivery, acknowledgement }: { delivery: string; acknowledgement: string },
): Promise<void> {
  await client.query(
    `UPDATE exchange.package SET state = 'delivered', delivery = $2, acknowledgement = $3 WHERE id = $1`,
    [id, delivery, acknowledgement],
  );
}
