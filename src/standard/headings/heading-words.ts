import { join } from 'node:path';
import { packageRoot } from '../../platform/paths.js';
import { readCsv } from '../read-csv.js';

/** A word of a heading: words of one concept mean the same (身份证号, 公民身份号码). */
export interface HeadingToken {
  text: string;
  /** Empty for a text that is no known word. */
  concepts: readonly string[];
  /** How much the word says: 编号 says little. */
  weight: number;
}

interface Concept {
  weight: number;
  words: readonly string[];
}

export interface HeadingWords {
  /** Splits a heading, Chinese or Latin, into known words and the rest. */
  tokensOf(heading: string): readonly HeadingToken[];
  /** The Chinese words that mean the same as a token, itself first. */
  meaning(token: HeadingToken): readonly string[];
}

const LETTER_WEIGHT = 0.6;
const LATIN = /^[\x20-\x7e]+$/;
const HAN = /^\p{Script=Han}+$/u;

let loaded: HeadingWords | undefined;

/** The words of the package (`schemas/standard/v1/heading-words.csv`), read once. Throws an Error that names a wrong line. */
export function loadHeadingWords(): HeadingWords {
  loaded ??= makeWords(readConcepts(join(packageRoot, 'schemas', 'standard', 'v1', 'heading-words.csv')));
  return loaded;
}

function readConcepts(file: string): Map<string, Concept> {
  return new Map(
    readCsv(file).map(({ concept = '', weight, words = '' }, i) => {
      const known = Number(weight);
      if (!(known > 0) || words === '') throw new Error(`heading-words.csv:${i + 2}: no weight or no words`);
      return [concept, { weight: known, words: words.split(';') }];
    }),
  );
}

function makeWords(concepts: ReadonlyMap<string, Concept>): HeadingWords {
  const byWord = new Map<string, string[]>();
  for (const [concept, { words }] of concepts) {
    for (const word of words) {
      const key = compact(word);
      byWord.set(key, [...(byWord.get(key) ?? []), concept]);
    }
  }
  const longest = Math.max(...[...byWord.keys()].map((word) => word.length));
  const tokenOf = (text: string): HeadingToken => {
    const found = byWord.get(text) ?? [];
    const weights = found.map((concept) => concepts.get(concept)?.weight ?? 0);
    return { text, concepts: found, weight: Math.max(LETTER_WEIGHT, ...weights) };
  };
  return {
    tokensOf: (heading) => partsOf(heading).flatMap((part) => split(part, { byWord, longest }).map(tokenOf)),
    meaning: ({ text, concepts: own }) => [
      ...new Set(
        [text, ...own.flatMap((concept) => concepts.get(concept)?.words ?? [])].filter((word) => HAN.test(word)),
      ),
    ],
  };
}

/** Latin words and runs of Chinese; what is in brackets (a unit, a note) is left out unless nothing else is there. */
function partsOf(heading: string): string[][] {
  const plain = heading.normalize('NFKC');
  const outside = plain.replace(/[(【[][^)】\]]*[)】\]]/g, '');
  const text = /[\p{L}\p{N}]/u.test(outside) ? outside : plain;
  const runs = text.match(/\p{Script=Han}+|[A-Za-z0-9]+/gu) ?? [];
  const parts: string[][] = [];
  for (const run of runs) {
    const letters = LATIN.test(run) ? latinWords(run) : [...run];
    const before = parts.at(-1);
    // Words of an English name belong together: `legal_person`, `legalPerson`, `legal person`.
    if (LATIN.test(run) && before !== undefined && LATIN.test(before[0] ?? '')) before.push(...letters);
    else parts.push(letters);
  }
  return parts;
}

function latinWords(run: string): string[] {
  return (run.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [run]).map((word) => word.toLowerCase());
}

/** The longest known words from the left; what lies between them is letter by letter, or word by word. */
function split(
  letters: readonly string[],
  { byWord, longest }: { byWord: ReadonlyMap<string, unknown>; longest: number },
): string[] {
  const found: string[] = [];
  for (let at = 0; at < letters.length; ) {
    let end = Math.min(letters.length, at + longest);
    while (end > at + 1 && !byWord.has(letters.slice(at, end).join(''))) end--;
    found.push(letters.slice(at, end).join(''));
    at = end;
  }
  return found;
}

function compact(word: string): string {
  return word.normalize('NFKC').replaceAll(' ', '').toLowerCase();
}

/** How much two headings say the same, 0 to 1: the weight of what they share in that of both. */
export function similarity(a: readonly HeadingToken[], b: readonly HeadingToken[]): number {
  const open = [...b];
  let shared = 0;
  for (const token of a) {
    const at = open.findIndex((other) => isSame(token, other));
    if (at < 0) continue;
    shared += token.weight + (open[at]?.weight ?? 0);
    open.splice(at, 1);
  }
  const total = weightOf(a) + weightOf(b);
  return total === 0 ? 0 : shared / total;
}

function isSame(a: HeadingToken, b: HeadingToken): boolean {
  return a.text === b.text || a.concepts.some((concept) => b.concepts.includes(concept));
}

export function weightOf(tokens: readonly HeadingToken[]): number {
  return tokens.reduce((sum, { weight }) => sum + weight, 0);
}
