import { itemAt } from '../../platform/known.js';
import type { KnownHeadings } from './known-headings.js';

/** The header is searched in this many rows; a title, a month or a note may precede it. */
export const HEAD_ROWS = 20;

export interface Header {
  /** Index of its row. */
  at: number;
  /** As the contract writes them; unknown headings as sent, trimmed. */
  headings: string[];
  /** How many fields of the contract it names. */
  fits: number;
}

/** The row that names most fields of the contract, the first of equals; undefined where none names any. */
export function findHeader(rows: readonly (readonly string[])[], known: KnownHeadings): Header | undefined {
  let best: Header | undefined;
  for (let at = 0; at < Math.min(rows.length, HEAD_ROWS); at++) {
    const found = headerAt(rows, at, known);
    if (found.fits > (best?.fits ?? 0)) best = found;
  }
  return best;
}

/**
 * Reads a row as the header, also with headings of two levels. A merged cell of the upper row leaves the cells to its
 * right empty; a cell that is merged downwards leaves the cell below empty. So a heading is "upper/lower", the lower,
 * or the upper alone, whichever the contract knows.
 */
function headerAt(rows: readonly (readonly string[])[], at: number, known: KnownHeadings): Header {
  const upper = rows[at - 1] ?? [];
  const fields = new Set<string>();
  let group = '';
  const headings = itemAt(rows, at).map((cell, column) => {
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
