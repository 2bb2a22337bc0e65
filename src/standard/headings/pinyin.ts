import { type HeadingToken, type HeadingWords, weightOf } from './heading-words.js';

/** A way to write a word in Latin letters, and how much of its meaning that says. */
interface Way {
  letters: string;
  weight: number;
}

export interface Pinyin {
  /** A text of Chinese in Latin letters, without tones: its initials (`xm`), and whole (`xingming`). */
  spell(text: string): { initials: string; whole: string };
  /** All ways to write a word of a heading: itself or a synonym, by initials or whole. */
  waysOf(token: HeadingToken): readonly Way[];
}

const OWN = 1;
const SYNONYM = 0.92;

/** Loads the dictionary, which is large: only what reads headings of pinyin needs it. */
export async function loadSpelling(words: HeadingWords): Promise<Pinyin> {
  const { pinyin } = await import('pinyin-pro');
  const held = new Map<string, readonly Way[]>();
  const spell: Pinyin['spell'] = (text) => {
    const syllables = pinyin(text, { toneType: 'none', type: 'array', v: true });
    return { initials: syllables.map((syllable) => syllable.charAt(0)).join(''), whole: syllables.join('') };
  };
  const waysOf = (token: HeadingToken): readonly Way[] => {
    const known = held.get(token.text);
    if (known !== undefined) return known;
    const ways = words.meaning(token).flatMap((word) => {
      const weight = token.weight * (word === token.text ? OWN : SYNONYM);
      const { initials, whole } = spell(word);
      return [
        { letters: initials, weight },
        { letters: whole, weight },
      ];
    });
    held.set(token.text, ways);
    return ways;
  };
  return { spell, waysOf };
}

/** Whether a heading can be pinyin: Latin letters alone, perhaps with underscores. */
export function isPinyin(heading: string): boolean {
  return /^[A-Za-z][A-Za-z_]{0,39}$/.test(heading.trim());
}

/**
 * How much of a name the letters of a heading spell, 0 to 1: each word by its initials or whole, by itself or a
 * synonym; words may be left out (`XZD` for 现住地区划). 0 unless all letters are used.
 */
export function spelledShare(heading: string, name: readonly HeadingToken[], { waysOf }: Pinyin): number {
  const letters = heading.trim().replaceAll('_', '').toLowerCase();
  // By position in the letters: the most weight that the words so far can spell.
  let best = new Map<number, number>([[0, 0]]);
  for (const token of name) best = withWord(best, letters, waysOf(token));
  const spelled = best.get(letters.length);
  const total = weightOf(name);
  return spelled === undefined || total === 0 ? 0 : spelled / total;
}

function withWord(before: ReadonlyMap<number, number>, letters: string, ways: readonly Way[]): Map<number, number> {
  const after = new Map(before);
  for (const [at, weight] of before) {
    for (const way of ways) {
      if (!letters.startsWith(way.letters, at)) continue;
      const end = at + way.letters.length;
      after.set(end, Math.max(weight + way.weight, after.get(end) ?? 0));
    }
  }
  return after;
}
