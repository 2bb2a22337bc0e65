import type pg from 'pg';
import { isWhole, scopeSql } from '../../access/grants/row-scope.js';
import { liveTable } from '../../catalog/table.js';
import type { Judge } from '../judge/validate.js';
import { stagingTable } from '../land/staging.js';
import type { RowError } from '../readers/source.js';

const REPEATED: RowError = {
  field: null,
  rule: 'repeated-key',
  reason: 'an earlier row of this delivery has the same key',
};
const FOREIGN: RowError = {
  field: null,
  rule: 'foreign-key',
  reason: 'the key belongs to a part that another contributor delivers',
};

export interface TurnedAway {
  away: { error: RowError; rows: number }[];
  superseded: number;
}

/**
 * Rejects what only the whole set shows: keys of another contributor's part and, in a snapshot, which has each row
 * once, later rows of a key. The rows of a delta are changes in order: the last one of a key counts, and earlier ones
 * are superseded.
 */
export async function turnAway(tx: pg.ClientBase, judge: Judge, deliveryId: string): Promise<TurnedAway> {
  const { scope, mode } = judge;
  const { contract } = judge.validator;
  const suspicious = judge.suspicious();
  const staging = stagingTable(deliveryId);
  const away: TurnedAway['away'] = [];
  const move = async (error: RowError, condition: string, values: readonly unknown[]) => {
    const { rowCount } = await tx.query(
      `WITH away AS (DELETE FROM ${staging} s ${condition} RETURNING s."_line", s."_row")
       INSERT INTO exchange.delivery_reject (delivery, line, "row", errors)
       SELECT $1, "_line", COALESCE("_row", ''), $2::jsonb FROM away`,
      [deliveryId, JSON.stringify([error]), ...values],
    );
    if ((rowCount ?? 0) > 0) away.push({ error, rows: rowCount! });
  };
  if (suspicious && mode === 'snapshot') {
    const earlier = `SELECT FROM ${staging} e WHERE e.row_id = s.row_id AND e."_line" < s."_line" AND e."_mark" <> 'k'`;
    await move(REPEATED, `WHERE s."_row" IS NOT NULL AND EXISTS (${earlier})`, []);
  }
  if (!isWhole(scope)) {
    const values: unknown[] = [];
    const own = scopeSql(scope, 't', (value) => `$${values.push(value) + 2}`);
    const foreign = `t.row_id = s.row_id AND s."_mark" <> 'k' AND (${own}) IS NOT TRUE`;
    await move(FOREIGN, `USING ${liveTable(contract)} t WHERE ${foreign}`, values);
  }
  return { away, superseded: suspicious && mode === 'delta' ? await dropSuperseded(tx, staging) : 0 };
}

/** A later row of a repeated key has its text in staging. */
async function dropSuperseded(tx: pg.ClientBase, staging: string): Promise<number> {
  const later = `SELECT FROM ${staging} l WHERE l.row_id = s.row_id AND l."_line" > s."_line" AND l."_row" IS NOT NULL`;
  const { rowCount } = await tx.query(`DELETE FROM ${staging} s WHERE EXISTS (${later})`);
  return rowCount ?? 0;
}
