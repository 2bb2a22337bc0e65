import { ROW_LIMIT, type SourceRow, Unreadable } from './source.js';

/** Texts of a workbook or Parquet file are 5 to 50 times their stored size; a bomb reaches a million. */
const RATIO_AT_MOST = 200;
/** Below this size the ratio is not checked. */
const RATIO_FROM_CHARS = 64 * 1024 * 1024;
/** Characters of the rows that are held at once. */
const BATCH_CHARS = 4 * ROW_LIMIT;

/**
 * Counts the characters of cells. Such a file stores a text once for all cells that use it, so no declared size limits
 * the length of its rows.
 * @throws Unreadable (from the count) where there are more than an honest file has
 */
export function textBudget(storedBytes: number, limitBytes: number): (chars: number) => void {
  const most = Math.min(limitBytes, Math.max(RATIO_FROM_CHARS, storedBytes * RATIO_AT_MOST));
  let spent = 0;
  return (chars) => {
    spent += chars;
    if (spent > most)
      throw new Unreadable(1, 'size', 'the texts of the file grow too large: send it in parts, or as CSV');
  };
}

/** Yields rows with their texts, in batches that fit in memory. `chars` is at most about `ROW_LIMIT`. */
export function* boundedBatches(
  rows: Iterable<{ row: SourceRow; chars: number }>,
  spend: (chars: number) => void,
): Generator<SourceRow[]> {
  let batch: SourceRow[] = [];
  let held = 0;
  for (const { row, chars } of rows) {
    spend(chars);
    batch.push(row);
    held += chars;
    if (held < BATCH_CHARS) continue;
    yield batch;
    batch = [];
    held = 0;
  }
  if (batch.length > 0) yield batch;
}
