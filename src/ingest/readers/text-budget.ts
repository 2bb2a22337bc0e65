import { ROW_LIMIT, type SourceRow, Unreadable } from './source.js';

/** Texts of a workbook or Parquet file are 5 to 50 times what is stored of them; a bomb reaches a million. */
const RATIO_AT_MOST = 200;
/** Below this size growth is of no interest. */
const RATIO_FROM_CHARS = 64 * 1024 * 1024;
/** Characters of the rows that are held at once. */
const BATCH_CHARS = 4 * ROW_LIMIT;

/**
 * Counts the characters that cells have: a text stands once in such a file however many cells use it, so that no size which the file
 * declares says how long its rows are.
 * @throws Unreadable (from the count) where they are more than an honest file has
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

/** Rows that have their texts only from here on, in batches whose texts can be held. `chars` is at most about `ROW_LIMIT`. */
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
