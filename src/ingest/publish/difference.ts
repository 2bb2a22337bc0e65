import type pg from 'pg';
import type { RowScope } from '../../access/grants/grant.js';
import { scopeSql } from '../../access/grants/row-scope.js';
import type { Contract } from '../../catalog/contract.js';
import { historyTable, indexesOf, liveTable } from '../../catalog/table.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import type { Validator } from '../judge/validator.js';
import { rowColumns, stagingTable } from '../land/staging.js';

export interface Differing {
  deliveryId: string;
  validator: Validator;
  scope: RowScope;
  mode: 'snapshot' | 'delta';
}

/** Counts the rows of the deliverer's part, and those that a snapshot would delete. */
export async function sizeOfPart(tx: pg.ClientBase, differing: Differing): Promise<{ rows: number; missing: number }> {
  const live = liveTable(differing.validator.contract);
  const values: unknown[] = [];
  const part = scopeSql(differing.scope, 't', (value) => `$${values.push(value)}`);
  // In WHERE, NOT EXISTS becomes an anti-join; in the select list it runs once per row.
  const gone = `NOT EXISTS (SELECT FROM ${stagingTable(differing.deliveryId)} s WHERE s.row_id = t.row_id)`;
  const sizes = await tx.query<{ rows: string; missing: string }>(
    differing.mode === 'snapshot'
      ? `SELECT (SELECT count(*) FROM ${live} t WHERE ${part}) AS rows,
                (SELECT count(*) FROM ${live} t WHERE ${part} AND ${gone}) AS missing`
      : `SELECT count(*) AS rows, 0 AS missing FROM (SELECT FROM ${live} t WHERE ${part} LIMIT 1) p`,
    values,
  );
  const { rows, missing } = oneRow(sizes, 'count');
  return { rows: Number(rows), missing: Number(missing) };
}

/** Rows of the part that remain only because their new version was set aside. Zero for a delta. */
export async function keptOfPart(tx: pg.ClientBase, differing: Differing): Promise<number> {
  const staging = stagingTable(differing.deliveryId);
  const values: unknown[] = [];
  const part = scopeSql(differing.scope, 't', (value) => `$${values.push(value)}`);
  const counted = await tx.query<{ kept: string }>(
    `SELECT count(*) AS kept FROM ${liveTable(differing.validator.contract)} t
     WHERE ${part} AND row_id IN (SELECT row_id FROM ${staging} WHERE "_mark" = 'k')
       AND NOT EXISTS (SELECT FROM ${staging} u WHERE u.row_id = t.row_id AND u."_mark" = 'u')`,
    values,
  );
  return Number(oneRow(counted, 'count').kept);
}

/**
 * Applies staging to the live table in sets. Unchanged rows are not touched; old ones go to the history with the
 * release that ended them. `empty`: the part has no row, so all are new.
 */
export async function applyDifference(
  tx: pg.ClientBase,
  differing: Differing,
  { release, empty }: { release: number; empty: boolean },
): Promise<{ inserted: number; updated: number; deleted: number }> {
  const write = writerOf(differing);
  const run = async (statement: { text: string; values: unknown[] }) => (await tx.query(statement)).rowCount ?? 0;
  const deleted = empty ? 0 : await run(write.removal(release));
  const updated = empty ? 0 : await run(write.history(release));
  if (updated > 0) await run(write.update(release));
  const inserted = await run(write.insertion(release, empty));
  if (release === 1) await buildIndexes(tx, differing.validator.contract);
  return { inserted, updated, deleted };
}

/** Indexes of a first release, over all rows at once. They block other writers, who wait anyway, and no reader. */
async function buildIndexes(tx: pg.ClientBase, contract: Contract): Promise<void> {
  await tx.query(`SET LOCAL maintenance_work_mem = '256MB'`);
  for (const index of indexesOf(contract)) await tx.query(index.statement);
}

function writerOf({ deliveryId, validator, scope, mode }: Differing) {
  const { contract } = validator;
  const [live, history, staging] = [liveTable(contract), historyTable(contract), stagingTable(deliveryId)];
  const columns = rowColumns(validator);
  const values = columns.slice(1);
  const of = (alias: string, names: readonly string[]) => names.map((name) => `${alias}.${name}`).join(', ');
  const all = [...columns, '"_delivery"', '"_since"'];
  const keep = (source: string) =>
    `INSERT INTO ${history} (${all.join(', ')}, "_until") SELECT ${of('g', all)}, $1::bigint FROM ${source} g`;
  const changed = `s.row_id = t.row_id AND s."_mark" = 'u' AND (${of('t', values)}) IS DISTINCT FROM (${of('s', values)})`;
  return {
    removal(release: number) {
      const bound: unknown[] = [release];
      const part = mode === 'snapshot' ? scopeSql(scope, 't', (value) => `$${bound.push(value)}`) : '';
      const gone =
        mode === 'snapshot'
          ? `WHERE ${part} AND NOT EXISTS (SELECT FROM ${staging} s WHERE s.row_id = t.row_id)`
          : `USING ${staging} s WHERE s.row_id = t.row_id AND s."_mark" = 'd'`;
      const text = `WITH gone AS (DELETE FROM ${live} t ${gone} RETURNING ${of('t', all)}) ${keep('gone')}`;
      return { text, values: bound };
    },
    history(release: number) {
      const old = `(SELECT ${of('t', all)} FROM ${live} t JOIN ${staging} s ON ${changed})`;
      return { text: keep(old), values: [release] };
    },
    update(release: number) {
      const set = values.map((name) => `${name} = s.${name}`).join(', ');
      const text = `UPDATE ${live} t SET ${set}, "_delivery" = $2, "_since" = $1 FROM ${staging} s WHERE ${changed}`;
      return { text, values: [release, deliveryId] };
    },
    insertion(release: number, empty: boolean) {
      const known = empty ? '' : ` AND NOT EXISTS (SELECT FROM ${live} t WHERE t.row_id = s.row_id)`;
      const text = `INSERT INTO ${live} (${all.join(', ')})
        SELECT ${of('s', columns)}, $2::uuid, $1::bigint FROM ${staging} s WHERE s."_mark" = 'u'${known}
        ORDER BY s.row_id`; // sorted rows fill every index leaf by leaf, and pages of readers are contiguous
      return { text, values: [release, deliveryId] };
    },
  };
}
