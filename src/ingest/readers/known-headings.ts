import type { Contract, Field } from '../../catalog/contract.js';
import { itemAt } from '../../platform/known.js';

/** A heading as the contract declares it, and the field that it fills; no field for `_op`. */
interface KnownHeading {
  heading: string;
  field: Field | undefined;
}

/** Looks up a heading of a file; undefined where the contract has none like it. */
export type KnownHeadings = (text: string) => KnownHeading | undefined;

/** Equals `OPERATION` of the mapping, which is in a higher layer. */
const OPERATION = '_op';

/** By contract: the same for each delivery. */
const held = new WeakMap<Contract, KnownHeadings>();

/**
 * The headings of a contract: those declared, the names of fields, and the titles of fields (the template uses them)
 * where no other heading or field has the same text. Spaces, line breaks, full-width characters and the asterisk of a
 * required column are ignored.
 */
export function knownHeadings(contract: Contract): KnownHeadings {
  const known = held.get(contract) ?? readHeadings(contract);
  held.set(contract, known);
  return known;
}

function readHeadings(contract: Contract): KnownHeadings {
  const exact = new Map<string, KnownHeading>([[OPERATION, { heading: OPERATION, field: undefined }]]);
  const fields = [...contract.fields.values()];
  const add = (text: string, known: KnownHeading) => void (exact.has(text) || exact.set(text, known));
  for (const field of fields) for (const heading of field.from) add(heading, { heading, field });
  for (const field of fields) add(field.name, { heading: field.name, field });
  const loose = new Map<string, KnownHeading | undefined>();
  const addLoose = (text: string, known: KnownHeading) => {
    const key = looseForm(text);
    loose.set(key, loose.has(key) && loose.get(key)?.field !== known.field ? undefined : known);
  };
  for (const [text, known] of exact) addLoose(text, known);
  const claimed = new Set(loose.keys());
  for (const field of fields) {
    for (const title of [field.title.zh, field.title.en]) {
      if (!claimed.has(looseForm(title))) addLoose(title, { heading: itemAt(field.from, 0), field });
    }
  }
  return (text) => exact.get(text) ?? loose.get(looseForm(text));
}

function looseForm(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .replace(/^\*+|\*+$/g, '');
}
