import pg from 'pg';
import { isWhole, scopeSql } from '../access/grants/row-scope.js';
import type { Access } from '../access/policy/decision.js';
import { identifier, indexName } from '../catalog/names.js';
import { liveTable } from '../catalog/table.js';
import type { Linkage } from './linkage.js';
import { orderHash } from './statement/order.js';

/** The ending of every such index's name: what has it and serves no grant is an orphan. */
export const ORDER_INDEX = 'order';

interface OrderIndex {
  name: string;
  /** A whole CREATE INDEX statement; does nothing where the index exists. */
  statement: string;
}

/**
 * The indexes that serve the own order of a grant, over the rows of its scope: one of the order, and one behind each sorted field that gives many
 * rows one value (`crowded`). Without them the answers are the same, only slower. Grants of one linkage and scope share them.
 */
export function orderIndexes(access: Access, linkage: Linkage, crowded: ReadonlySet<string>): OrderIndex[] {
  const { contract, fields, grant } = access;
  const sorted = [...contract.sortable].filter((name) => {
    const field = fields.get(name);
    return field?.mask === 'none' && /^(none|hide)$/.test(field.minorMask) && crowded.has(name);
  });
  // PostgreSQL plans a page with the values of its scope, so it finds that the condition of the index holds.
  const scope = scopeSql(grant.rows, identifier(contract.table), literal);
  return [[], ...sorted.map((name) => [name])].map((sort) => {
    const name = indexName(contract.table, [linkage.orderSeed, scope, ...sort].join('\0'), ORDER_INDEX);
    const columns = [...sort.map(identifier), orderHash('"row_id"', linkage)].join(', ');
    const where = isWhole(grant.rows) ? '' : ` WHERE ${scope}`;
    return { name, statement: `CREATE INDEX IF NOT EXISTS "${name}" ON ${liveTable(contract)} (${columns})${where}` };
  });
}

/** An index holds no parameters. */
function literal(value: string | readonly string[]): string {
  return typeof value === 'string'
    ? pg.escapeLiteral(value)
    : `ARRAY[${value.map((each) => pg.escapeLiteral(each)).join(', ')}]`;
}
