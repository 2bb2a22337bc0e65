import type { KnownHeadings } from './known-headings.js';

/** A header is looked for among this many rows: above it may stand a title, a month, a note. */
export const HEAD_ROWS = 20;

export interface Header {
  /** Index of its row. */
  at: number;
  /** As the contract writes them; what it doesn't know is as sent, trimmed. */
  headings: string[];
  /** How many fields of the contract it names. */
  fits: number;
}

/** The row that names most fields of the contract, the first of equals; undefined where none names any. Rows are of equal length. */
export function findHeader(rows: readonly (readonly string[])[], known: KnownHeadings): Header | undefined {
  let best: Header | undefined;
  for (let at = 0; at < Math.min(rows.length, HEAD_ROWS); at++) {
    const found = headerAt(rows, at, known);
    if (found.fits > (best?.fits ?? 0)) best = found;
  }
  return best;
}

/**
 * A row read as the header. Headings of two levels: a merged cell of the upper row leaves the cells to its right empty, one merged
 * downwards leaves the cell below it empty; so "upper/lower", the lower, or the upper alone, whichever the contract knows.
 */
function headerAt(rows: readonly (readonly string[])[], at: number, known: KnownHeadings): Header {
  const upper = rows[at - 1] ?? [];
  const fields = new Set<string>();
  let group = '';
  const headings = rows[at]!.map((cell, column) => {
    const above = (upper[column] ?? '').trim();
    if (above !== '') group = above;
    const text = cell.trim();
    const found =
      text === '' ? (above === '' ? undefined : known(above)) : (group && known(`${group}/${text}`)) || known(text);
    if (found) fields.add(found.field?.name ?? found.heading);
    return found ? found.heading : text;
  });
  return { at, headings, fits: fields.size };
}
