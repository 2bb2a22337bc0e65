import type { Access, Denial } from '../decision.js';
import { checkField } from './check-field.js';

/** By-key access guesses the key: it needs every field of it unmasked. */
export function checkKey(access: Access): Denial | undefined {
  for (const field of access.contract.key) {
    const denial = checkField(access, field, 'key');
    if (denial !== undefined) return denial;
  }
  return undefined;
}
