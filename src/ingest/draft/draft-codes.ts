import { isPersonal } from '../../standard/mask.js';
import type { Standard } from '../../standard/standard.js';
import type { CodeDraft } from './catalog-draft.js';
import type { ColumnProfile } from './look/column-profile.js';
import { mayIdentify } from './look/shapes.js';
import { type CodeMatch, codesOf } from './match-codes.js';
import type { ElementMatch } from './match-elements.js';

/** A value in fewer rows may be one person's. */
const ROWS_AT_LEAST = 20;
const VALUES_AT_MOST = 60;
/** Words of the standard are nobody's name: 高中 begins like one. */
const KNOWN_FROM = 0.6;

/**
 * The values of a column that may be shown: all of them, or none. Each occurs in at least 20 rows, and none is shaped
 * like a name, a number or an address.
 */
export function shownValues(
  profile: ColumnProfile,
  match: ElementMatch | undefined,
): readonly { value: string; rows: number }[] {
  const { values } = profile;
  if (values === undefined || values.size === 0 || values.size > VALUES_AT_MOST) return [];
  const element = match?.named.element;
  // A personal value that is no code may be rare elsewhere and name somebody there.
  if (element !== undefined && match?.codes === undefined && isPersonal(element.sensitivity)) return [];
  const known = new Set(
    (match?.codes?.matches ?? []).filter(({ certainty }) => certainty >= KNOWN_FROM).map(({ word }) => word),
  );
  const all = [...values].map(([value, rows]) => ({ value, rows }));
  const mayShow = all.every(({ value, rows }) => rows >= ROWS_AT_LEAST && (known.has(value) || !mayIdentify(value)));
  return mayShow ? all.sort((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1)) : [];
}

/**
 * The mapping of a column's words to codes. Where the words may not be shown, the titles of the standard stand in for
 * them: they say nothing of the file. Null for an element without codes.
 */
export function draftCodes(
  match: ElementMatch,
  shown: readonly { value: string }[],
  standard: Pick<Standard, 'lists'>,
): CodeDraft[] | null {
  const titles = codesOf(match.named.element.type, standard);
  if (match.codes === undefined || titles === undefined) return null;
  const of = ({ word, code, certainty }: CodeMatch): CodeDraft => ({
    word,
    code,
    title: titles.get(code) ?? null,
    certainty: rounded(certainty),
  });
  if (shown.length === 0) return [...titles].map(([code, title]) => of({ word: title, code, certainty: 0.5 }));
  const open = match.codes.unmatched.map((word) => ({ word, code: null, title: null, certainty: 0 }));
  return [...match.codes.matches.map(of), ...open];
}

export function rounded(certainty: number): number {
  return Math.round(certainty * 100) / 100;
}
