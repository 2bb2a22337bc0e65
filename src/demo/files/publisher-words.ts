import type { Contract, Field } from '../../catalog/contract.js';
import { randomOf } from './random.js';
import type { StandardRow, StandardValue } from './standard-row.js';

/** One value in a publisher's file or system. JSON keeps numbers and objects. */
export type OwnValue = string | number | object | undefined;

/** Writes what a contract reads, in the publisher's words: the inverse of the contract's mapping. */
export interface PublisherWords {
  /** In the order of the contract's fields. */
  headings: readonly string[];
  /** In the order of the headings. Throws an Error for a code that the contract does not map. */
  valuesOf(row: StandardRow): OwnValue[];
}

export interface Habits {
  /** 2026-01-31 by default: 20260131, or 2026/1/31 as a spreadsheet shows it. */
  dates?: 'compact' | 'slashes';
  /** If a contract accepts several headings or codes, this seed chooses; a system writes the last, which is its own. */
  spelling: { seed: number; file: string } | 'last';
}

/** Two calls with the same habits choose the same headings and codes. */
export function publisherWords(contract: Contract, habits: Habits): PublisherWords {
  const { spelling } = habits;
  const random = spelling === 'last' ? undefined : randomOf(spelling.seed, `words ${spelling.file}`);
  const choose = (spellings: readonly string[]): string => {
    return random === undefined || spellings.length < 2 ? (spellings.at(-1) ?? '') : random.pick(spellings);
  };
  const columns = [...contract.fields.values()].map((field) => {
    const heading = choose(field.from);
    const write = writerOf(field, habits, choose);
    return { name: field.name, heading, write };
  });
  return {
    headings: columns.map(({ heading }) => heading),
    valuesOf: (row) => columns.map(({ name, write }) => (row[name] === undefined ? undefined : write(row[name]))),
  };
}

/** The row as a JSON object under the publisher's headings. */
export function ownRecord(words: PublisherWords, row: StandardRow): Record<string, OwnValue> {
  const values = words.valuesOf(row);
  return Object.fromEntries(words.headings.map((heading, at) => [heading, values[at]]));
}

type Write = (value: StandardValue) => OwnValue;

function writerOf(field: Field, { dates }: Habits, choose: (spellings: readonly string[]) => string): Write {
  if (field.codes !== undefined) {
    const own = ownCodes(field.codes);
    const word = (code: string | number | boolean): string => {
      const spellings = own.get(String(code));
      if (spellings === undefined) throw new Error(`${field.name} has no word for ${code}.`);
      return choose(spellings);
    };
    return (value) => (Array.isArray(value) ? value.map(word).join('、') : word(String(value)));
  }
  const { name } = field.type;
  if (name === 'boolean') return (value) => (value === true ? '是' : '否');
  if (name === 'date' && dates === 'compact') return (value) => String(value).replaceAll('-', '');
  if (name === 'date' && dates === 'slashes')
    return (value) => String(value).replaceAll('-0', '-').replaceAll('-', '/');
  const between = name === 'point' ? ',' : '、';
  return (value) => (Array.isArray(value) ? value.join(between) : typeof value === 'boolean' ? String(value) : value);
}

/** Code of the standard → the publisher's own codes. */
function ownCodes(codes: Readonly<Record<string, string>>): Map<string, string[]> {
  const own = new Map<string, string[]>();
  for (const [word, code] of Object.entries(codes)) own.set(code, [...(own.get(code) ?? []), word]);
  return own;
}
