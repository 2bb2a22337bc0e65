import { type HeadingToken, type HeadingWords, similarity } from '../../standard/headings/heading-words.js';
import type { Standard } from '../../standard/standard.js';
import type { FieldType } from '../../standard/type.js';
import { typeOf } from '../../standard/type.js';
import type { ColumnProfile } from './look/column-profile.js';

/** A publisher's word and the code of the standard that it most likely means. */
export interface CodeMatch {
  word: string;
  code: string;
  /** 0 to 1. */
  certainty: number;
}

/** The words of a column against one list. */
export interface ListFit {
  matches: readonly CodeMatch[];
  unmatched: readonly string[];
  /** Share of the rows whose value is matched, each weighed by its certainty. */
  share: number;
}

const WORDS_OF_BOOLEANS: ReadonlyMap<string, string> = new Map([
  ...['是', '有', '专职', '全职', 'true', 'yes', 'y', '1'].map((word) => [word, 'true'] as const),
  ...['否', '无', '兼职', '非', 'false', 'no', 'n', '0'].map((word) => [word, 'false'] as const),
]);
const MATCHED_FROM = 0.5;
const WORDS_BEYOND = 20;
const SEPARATORS = /[、,;，；]/;

/** Code → title of a type that has codes; undefined for one without. */
export function codesOf(type: FieldType, { lists }: Pick<Standard, 'lists'>): ReadonlyMap<string, string> | undefined {
  const list = type.list ?? type.of?.list;
  return list === undefined ? typeOf(type).codes : lists.get(list);
}

/** Matches the values of a column with the codes of a type. No values: nothing is matched. */
export function matchCodes(
  { values }: ColumnProfile,
  type: FieldType,
  { standard, words }: { standard: Pick<Standard, 'lists'>; words: HeadingWords },
): ListFit {
  const codes = codesOf(type, standard) ?? new Map<string, string>();
  const rows = rowsByWord(values ?? new Map(), type.of !== undefined);
  // A publisher has more words than codes only by a few.
  if (rows.size > codes.size + WORDS_BEYOND) return { matches: [], unmatched: [...rows.keys()], share: 0 };
  const titles = [...codes].map(([code, title]): TitledCode => ({ code, title, tokens: words.tokensOf(title) }));
  const matches: CodeMatch[] = [];
  const unmatched: string[] = [];
  let [matched, all] = [0, 0];
  for (const [word, count] of rows) {
    all += count;
    const match = bestCode(word, titles, words);
    if (match === undefined) unmatched.push(word);
    else {
      matches.push(match);
      matched += count * match.certainty;
    }
  }
  return { matches, unmatched, share: all === 0 ? 0 : matched / all };
}

/** A list of codes comes in one cell: 助老、医疗. */
function rowsByWord(values: ReadonlyMap<string, number>, isList: boolean): ReadonlyMap<string, number> {
  if (!isList) return values;
  const rows = new Map<string, number>();
  for (const [value, count] of values) {
    for (const word of value.split(SEPARATORS)) rows.set(word.trim(), (rows.get(word.trim()) ?? 0) + count);
  }
  return rows;
}

interface TitledCode {
  code: string;
  title: string;
  tokens: readonly HeadingToken[];
}

function bestCode(word: string, titles: readonly TitledCode[], words: HeadingWords): CodeMatch | undefined {
  const tokens = words.tokensOf(word);
  let best: CodeMatch | undefined;
  for (const title of titles) {
    const certainty = likeness(word, tokens, title);
    if (certainty > (best?.certainty ?? 0)) best = { word, code: title.code, certainty };
  }
  return best !== undefined && best.certainty >= MATCHED_FROM ? best : undefined;
}

const ENDING = /(族|性|教育|残疾)$/;

function likeness(word: string, tokens: readonly HeadingToken[], { code, title, tokens: known }: TitledCode): number {
  if (word === code) return 0.9;
  if (word === title) return 1;
  if (WORDS_OF_BOOLEANS.get(word.toLowerCase()) === code) return 1;
  if (/^[\x20-\x7e]*$/.test(word)) return 0;
  const kernel = title.replace(ENDING, '');
  if (word.replace(ENDING, '') === kernel) return 0.97;
  const [short, long] = word.length <= kernel.length ? [word, kernel] : [kernel, word];
  // The nearer the lengths, the likelier: 本科 is 大学本科, and 子 hardly 独生子.
  const near = short.length / long.length;
  if (long.includes(short)) return 0.6 + 0.3 * near;
  if (isSubsequence(short, long)) return 0.45 + 0.3 * near;
  return 0.9 * Math.max(similarity(tokens, known), sharedLetters(word, kernel) - 0.1);
}

function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return short.length > 1 && at === short.length;
}

function sharedLetters(a: string, b: string): number {
  const shared = [...a].filter((letter) => b.includes(letter)).length;
  return (2 * shared) / (a.length + b.length);
}
