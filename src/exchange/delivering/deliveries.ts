import type { Receipt } from '../../audit/entry.js';
import { enter, recorded } from '../../audit/recorded.js';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';
import { Gone } from '../in-flight/recipient.js';
import { type AskedDelivery, decideOn, recordDenied } from './authorise-delivery.js';
import { rejectsEntry } from './delivery-entries.js';

/** Some rejected rows as NDJSON, recorded before they leave. */
export interface RejectsChunk {
  text: string;
  receipt: Receipt;
  /** Start of the next chunk; undefined at the end. */
  after: number | undefined;
}

/** The delivery of the rejects, and the caller. */
export interface AskedRejects extends AskedDelivery {
  deliveryId: string;
}

const ROWS_AT_MOST = 1_000;
const SIZE_AT_MOST = 1_000_000;

/**
 * Rejected rows of a delivery from one line on, for its deliverer only. Each chunk is decided and recorded
 * (`access.md`, revocation).
 * @throws Problem if the right to see them has ended
 */
export async function readRejects(exchange: Exchange, asked: AskedRejects, after: number): Promise<RejectsChunk> {
  const { rows } = await exchange.database.app.query<{ line: string; row: string; errors: string }>(
    `SELECT line, "row", errors FROM (
       SELECT line, "row", errors::text AS errors, sum(length("row")) OVER (ORDER BY line) - length("row") AS before
       FROM exchange.delivery_reject WHERE delivery = $1 AND line > $2 ORDER BY line LIMIT ${ROWS_AT_MOST}
     ) r WHERE before < ${SIZE_AT_MOST} ORDER BY line`,
    [asked.deliveryId, after],
  );
  const text = rows
    .map(({ line, row, errors }) => `{"line":${line},"row":${JSON.stringify(row)},"errors":${errors}}\n`)
    .join('');
  const receipt = await recordRejects(exchange, asked, { bytes: Buffer.from(text), rows: rows.length });
  const last = rows.at(-1);
  return { text, receipt, after: last === undefined ? undefined : Number(last.line) };
}

/** Writes the entry of the rows that leave next. Throws Problem if the right to see them has ended. */
export function recordRejects(
  exchange: Exchange,
  asked: AskedRejects,
  leaving: { bytes: Buffer; rows: number },
): Promise<Receipt> {
  const { call, deliveryId } = asked;
  return recorded(
    exchange.policy,
    (index) => decideOn(exchange, asked, index),
    async (decision, index) => {
      if (decision.outcome === 'deny') {
        await recordDenied(exchange, asked, decision);
        throw new Problem(decision.code);
      }
      const draft = rejectsEntry({ call, index, permit: decision }, deliveryId, leaving.rows);
      if (call.recipient?.gone === true) throw new Gone();
      const { receipt, sentAt } = await enter(exchange.log, { ...draft, answer: leaving.bytes });
      call.recipient?.takes(leaving.bytes.length, sentAt);
      return receipt;
    },
  );
}

/** A delivery as its deliverer sees it. */
export interface DeliveryView {
  id: string;
  state: string;
  mode: string;
  received: number;
  accepted: number;
  rejected: number;
  inserted: number;
  updated: number;
  deleted: number;
  release: number | null;
  digest: string | null;
  report: unknown;
  /** RFC 3339 UTC. */
  created: string;
  ended: string | null;
}

const VIEW = `json_build_object('id', id, 'state', state, 'mode', mode, 'received', received, 'accepted', accepted,
  'rejected', rejected, 'inserted', inserted, 'updated', updated, 'deleted', deleted, 'release', release, 'digest', digest,
  'report', report, 'created', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'ended', to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS view`;

/** The delivery, if this application delivered it into this contract; else undefined, whether or not it exists. */
export async function readDelivery(
  exchange: Exchange,
  by: { application: string; contractId: string; id: string },
): Promise<DeliveryView | undefined> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(by.id)) return undefined;
  const { rows } = await exchange.database.app.query<{ view: DeliveryView }>(
    `SELECT ${VIEW} FROM exchange.delivery WHERE id = $1 AND contract = $2 AND application = $3`,
    [by.id, by.contractId, by.application],
  );
  return rows[0]?.view;
}

const LISTED_AT_MOST = 100;

/** The application's own deliveries into the contract, newest first, also those that are still running. */
export async function listDeliveries(
  exchange: Exchange,
  by: { application: string; contractId: string },
): Promise<DeliveryView[]> {
  const { rows } = await exchange.database.app.query<{ view: DeliveryView }>(
    `SELECT ${VIEW} FROM exchange.delivery WHERE contract = $1 AND application = $2
     ORDER BY created_at DESC LIMIT ${LISTED_AT_MOST}`,
    [by.contractId, by.application],
  );
  return rows.map(({ view }) => view);
}
