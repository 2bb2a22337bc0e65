import type { FieldType, Mask, Sensitivity } from './type.js';

/** One data element (数据元) of an entity. */
export interface Element {
  name: string;
  type: FieldType;
  /** The type as written in `elements.csv`. */
  declared: string;
  required: boolean;
  title: { zh: string; en: string };
  sensitivity: Sensitivity;
  /** Undefined where the standard names none: then L3 and L4 hide. */
  mask?: Mask;
  /** The entity whose candidate key this element holds, such as `division`. */
  references?: string;
  /** Elements whose values this one contains, so that showing it shows them. */
  embeds?: readonly string[];
  note?: string;
}

export interface Entity {
  name: string;
  title: { zh: string; en: string };
  /** Lists of element names; the first is the usual key. */
  candidateKeys: readonly (readonly string[])[];
  /** In the standard's order. */
  elements: readonly Element[];
}

const WORDS: Readonly<Record<string, string>> = { id: 'ID', ids: 'IDs', uscc: 'USCC', m2: '(m²)', no: 'number' };

/** `head_id` → `Head ID`: the English title of an element is its name in words. */
export function englishTitle(name: string): string {
  const text = name
    .split('_')
    .map((word) => WORDS[word] ?? word)
    .join(' ');
  return text[0]!.toUpperCase() + text.slice(1);
}
