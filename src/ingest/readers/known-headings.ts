import type { Contract, Field } from '../../catalog/contract.js';

/** A heading as the contract declares it, and the field that it fills; none for `_op`. */
interface KnownHeading {
  heading: string;
  field: Field | undefined;
}

/** What a heading of a file stands for, or undefined. */
export type KnownHeadings = (text: string) => KnownHeading | undefined;

/** As `OPERATION` of the mapping, which is above this folder. */
const OPERATION = '_op';

/**
 * The headings of a contract: those declared, the names of fields and, where nothing else claims it and no two fields share it, a field's
 * title (the template has them). Spaces, line breaks, full-width marks and the asterisk of a required column make no difference.
 */
export function knownHeadings(contract: Contract): KnownHeadings {
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
      if (!claimed.has(looseForm(title))) addLoose(title, { heading: field.from[0]!, field });
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
