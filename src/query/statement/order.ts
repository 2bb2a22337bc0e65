import type { Linkage } from '../linkage.js';
import type { Parameters } from './parameters.js';

/** A hash of the row's number under the linkage's seed: the same text in statements and in indexes, or no index serves. */
export function orderHash(rowId: string, { orderSeed }: Pick<Linkage, 'orderSeed'>): string {
  return `uuid_hash_extended(${rowId}, '${orderSeed}'::int8)`;
}

interface OrderedSource {
  alias: string;
  access: { ownOrder: boolean };
  linkage: Linkage;
}

export interface RowOrder {
  /** ORDER BY, of rows that a sort does not tell apart or without one. */
  by(descending: boolean): string;
  /** ORDER BY of a sort: equal values follow the rows' own order. */
  sortedBy(sql: string, descending: boolean): string;
  /** True for the rows after the page's position, among equal values of a sort. */
  after(descending: boolean): string;
}

/**
 * The order of the rows: their number, or for a grant that hides who they are about the hash of it, which is another order for each linkage. A
 * descending sort turns the hashes too, so that one index serves both directions.
 */
export function rowOrder({ alias, access, linkage }: OrderedSource, parameters: Parameters): RowOrder {
  const rowId = `${alias}."row_id"`;
  const position = () => `${parameters.add((binding) => binding.after?.rowId, 'after row')}::uuid`;
  if (!access.ownOrder) {
    return {
      by: () => rowId,
      sortedBy: (sql, descending) => `${sql} ${descending ? 'DESC' : 'ASC'} NULLS LAST, ${rowId}`,
      after: () => `${rowId} > ${position()}`,
    };
  }
  const hash = orderHash(rowId, linkage);
  const by = (descending: boolean) => (descending ? `${hash} DESC, ${rowId} DESC` : `${hash}, ${rowId}`);
  return {
    by,
    sortedBy: (sql, descending) => `${sql} ${descending ? 'DESC' : 'ASC'}, ${by(descending)}`,
    after: (descending) => {
      const at = position();
      return `(${hash}, ${rowId}) ${descending ? '<' : '>'} (${orderHash(at, linkage)}, ${at})`;
    },
  };
}
