import type { Ask, Selection } from '../../query/ask.js';

/** Rows that the asks may read, with the rows of their relations: what an ask costs, known before anything is read. */
export function rowsAtMost(asks: readonly Ask[]): number {
  let rows = 0;
  for (const { target, selection } of asks) {
    const own = target.kind === 'page' ? target.limit : target.kind === 'keys' ? target.keys.length : 1;
    rows += selection.relations.size === 0 ? own : own * (1 + joined(selection));
  }
  return rows;
}

function joined({ relations }: Selection): number {
  let count = relations.size;
  for (const inner of relations.values()) count += joined(inner);
  return count;
}
