import type { Permit } from '../../access/policy/decision.js';
import type { Receipt } from '../../audit/entry.js';
import { type RejectedRow, rejectsWorkbook, type TableForm } from '../../ingest/workbook/rejects-workbook.js';
import type { Exchange } from '../exchange.js';
import { type AskedRejects, recordRejects } from './deliveries.js';

/** Nobody corrects more by hand; NDJSON gives all of them in chunks. */
const ROWS_AT_MOST = 5_000;
const SIZE_AT_MOST = 8_000_000;

/**
 * The first rejected rows of a delivery as a workbook, for its deliverer only. Recorded before it leaves.
 * @throws Problem if the right to see them has ended
 */
export async function readRejectsWorkbook(
  exchange: Exchange,
  asked: AskedRejects & { permit: Permit },
): Promise<{ body: Buffer; receipt: Receipt }> {
  const { app } = exchange.database;
  const { rows } = await app.query<{ line: string; row: string; errors: RejectedRow['errors']; total: string }>(
    `SELECT line, "row", errors, total FROM (
       SELECT line, "row", errors, count(*) OVER () AS total,
         sum(length("row")) OVER (ORDER BY line) - length("row") AS before
       FROM exchange.delivery_reject WHERE delivery = $1 AND line > 0
     ) r WHERE before < ${SIZE_AT_MOST} ORDER BY line LIMIT ${ROWS_AT_MOST}`,
    [asked.deliveryId],
  );
  const form = await app.query<{ row: string }>(
    'SELECT "row" FROM exchange.delivery_reject WHERE delivery = $1 AND line = 0',
    [asked.deliveryId],
  );
  const made = await rejectsWorkbook({
    contract: asked.permit.root.contract,
    form: form.rows[0] === undefined ? undefined : (JSON.parse(form.rows[0].row) as TableForm),
    rows: rows.map(({ line, row, errors }) => ({ line: Number(line), row, errors })),
    total: Number(rows[0]?.total ?? 0),
    now: exchange.clock.now(),
  });
  const receipt = await recordRejects(exchange, asked, { bytes: made.body, rows: made.rows });
  return { body: made.body, receipt };
}
