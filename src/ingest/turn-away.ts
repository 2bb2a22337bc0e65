import type pg from 'pg';
import type { RowScope } from '../access/grants/grant.js';
import type { Contract } from '../catalog/contract.js';
import { liveTable } from '../catalog/table.js';
import { scopeSql } from './scope.js';
import type { RowError } from './sources/source.js';
import { stagingTable } from './staging.js';

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

export interface TurningAway {
  deliveryId: string;
  contract: Contract;
  scope: RowScope;
  /** False where no key can have come twice. */
  suspicious: boolean;
}

/** Sets aside staged rows that only the whole can judge: later rows of one key, and keys of another contributor's part. */
export async function turnAway(
  tx: pg.ClientBase,
  { deliveryId, contract, scope, suspicious }: TurningAway,
): Promise<{ error: RowError; rows: number }[]> {
  const staging = stagingTable(deliveryId);
  const found: { error: RowError; rows: number }[] = [];
  const move = async (error: RowError, condition: string, values: readonly unknown[]) => {
    const { rowCount } = await tx.query(
      `WITH away AS (DELETE FROM ${staging} s ${condition} RETURNING s."_line", s."_row")
       INSERT INTO exchange.delivery_reject (delivery, line, "row", errors)
       SELECT $1, "_line", COALESCE("_row", ''), $2::jsonb FROM away`,
      [deliveryId, JSON.stringify([error]), ...values],
    );
    if ((rowCount ?? 0) > 0) found.push({ error, rows: rowCount! });
  };
  if (suspicious) {
    const earlier = `SELECT FROM ${staging} e WHERE e.row_id = s.row_id AND e."_line" < s."_line" AND e."_mark" <> 'k'`;
    await move(REPEATED, `WHERE s."_row" IS NOT NULL AND EXISTS (${earlier})`, []);
  }
  if (!('all' in scope)) {
    const own = scopeSql(scope, 't', 3);
    await move(
      FOREIGN,
      `USING ${liveTable(contract)} t WHERE t.row_id = s.row_id AND s."_mark" <> 'k' AND NOT ${own.text}`,
      own.values,
    );
  }
  return found;
}
