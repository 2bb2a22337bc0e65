import { nearMiss } from '../../platform/near-miss.js';
import type { Validator } from './validator.js';

/** A heading of two letters is one letter away from too many others. */
const LETTERS_AT_LEAST = 3;

/** Unknown heading → the contract's probable heading. A hint for people: it fills nothing. */
export function suggestHeadings(validator: Validator, unmapped: Iterable<string>): Record<string, string> {
  const found: [string, string][] = [];
  for (const heading of unmapped) {
    const near = heading.length < LETTERS_AT_LEAST ? undefined : nearMiss(heading, validator.mapping.keys());
    if (near !== undefined) found.push([heading, near]);
  }
  return Object.fromEntries(found);
}
