import { nearMiss } from '../../platform/near-miss.js';
import type { Validator } from './validator.js';

/** Two letters are one apart from half of the alphabet. */
const LETTERS_AT_LEAST = 3;

/** Heading that no field takes → the contract's heading that was probably meant. A help for people: nothing is filled by it. */
export function suggestHeadings(validator: Validator, unmapped: Iterable<string>): Record<string, string> {
  const found: [string, string][] = [];
  for (const heading of unmapped) {
    const near = heading.length < LETTERS_AT_LEAST ? undefined : nearMiss(heading, validator.mapping.keys());
    if (near !== undefined) found.push([heading, near]);
  }
  return Object.fromEntries(found);
}
