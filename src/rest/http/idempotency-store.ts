import type { Exchange } from '../../exchange/exchange.js';

/** A reply that is stored for 24 hours and repeated. */
export interface StoredReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** One key in its scope; `madeAt` distinguishes this claim from later ones of the same key. */
export interface Claim {
  issuer: string;
  subject: string;
  route: string;
  key: string;
  node: string;
  madeAt?: string;
}

export type Claimed =
  | { state: 'claimed'; claim: Claim }
  | { state: 'in-progress'; digest: string | null }
  | { state: 'done'; digest: string | null; reply: StoredReply };

/** Replies are stored for a day. */
const KEEP = '24 hours';
/** A node writes its row every few seconds. After this silence it has ended, and so have its requests. */
const NODE_SILENT = '30 seconds';
/** No request runs longer, whatever its node reports. */
const CLAIM_AT_MOST = '60 minutes';
const CLEAN_EVERY_MS = 600_000;

const SCOPE = 'issuer = $1 AND subject = $2 AND route = $3 AND key = $4';
const scope = (claim: Claim) => [claim.issuer, claim.subject, claim.route, claim.key];

/** Claims the key, or reports who has it. One statement decides: of two concurrent requests exactly one claims. */
export async function claimKey(exchange: Exchange, claim: Claim, digest: string | null): Promise<Claimed> {
  const { rows } = await exchange.database.app.query<{ made_at: string }>(
    `INSERT INTO exchange.idempotency AS i (issuer, subject, route, key, node, body_digest, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())
     ON CONFLICT (issuer, subject, route, key) DO UPDATE
       SET node = excluded.node, body_digest = excluded.body_digest, created_at = excluded.created_at,
           status = NULL, headers = NULL, reply = NULL
       WHERE i.created_at < now() - interval '${KEEP}'
          OR i.status IS NULL AND i.created_at < now() - interval '${CLAIM_AT_MOST}'
          OR i.status IS NULL AND i.node <> excluded.node AND i.created_at < now() - interval '${NODE_SILENT}'
             AND NOT EXISTS (SELECT FROM exchange.node n
                             WHERE n.id = i.node AND n.seen_at > now() - interval '${NODE_SILENT}')
     RETURNING created_at::text AS made_at`,
    [...scope(claim), claim.node, digest],
  );
  if (rows[0] !== undefined) return { state: 'claimed', claim: { ...claim, madeAt: rows[0].made_at } };
  return standing(exchange, claim);
}

async function standing(exchange: Exchange, claim: Claim): Promise<Claimed> {
  const { rows } = await exchange.database.app.query<{
    status: number | null;
    headers: Record<string, string>;
    reply: string;
    body_digest: string | null;
  }>(`SELECT status, headers, reply, body_digest FROM exchange.idempotency WHERE ${SCOPE}`, scope(claim));
  const row = rows[0];
  if (row === undefined || row.status === null) return { state: 'in-progress', digest: row?.body_digest ?? null };
  return {
    state: 'done',
    digest: row.body_digest,
    reply: { status: row.status, headers: row.headers, body: row.reply },
  };
}

/** Stores the reply, unless another request took the claim over. */
export async function storeReply(exchange: Exchange, claim: Claim, digest: string, reply: StoredReply): Promise<void> {
  await exchange.database.app.query(
    `UPDATE exchange.idempotency SET status = $7, headers = $8, reply = $9, body_digest = $10
     WHERE ${SCOPE} AND node = $5 AND created_at = $6::timestamptz AND status IS NULL`,
    [...scope(claim), claim.node, claim.madeAt, reply.status, JSON.stringify(reply.headers), reply.body, digest],
  );
}

export async function releaseKey(exchange: Exchange, claim: Claim): Promise<void> {
  await exchange.database.app.query(
    `DELETE FROM exchange.idempotency WHERE ${SCOPE} AND node = $5 AND created_at = $6::timestamptz AND status IS NULL`,
    [...scope(claim), claim.node, claim.madeAt],
  );
}

const cleanedAt = new WeakMap<Exchange, number>();

/** Drops replies older than a day; at most once in ten minutes per node. */
export async function cleanKeys(exchange: Exchange): Promise<void> {
  const now = exchange.clock.now();
  if (now - (cleanedAt.get(exchange) ?? 0) < CLEAN_EVERY_MS) return;
  cleanedAt.set(exchange, now);
  await exchange.database.app.query(
    `DELETE FROM exchange.idempotency WHERE created_at < now() - interval '${KEEP}' AND status IS NOT NULL`,
  );
}
