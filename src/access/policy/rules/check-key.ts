import type { Access, Denial } from '../decision.js';
import { checkField } from './check-field.js';

/** Reading by key lets a caller guess keys, so every key field must be granted unmasked. */
export function checkKey(access: Access): Denial | undefined {
  for (const field of access.contract.key) {
    const denial = checkField(access, field, 'key');
    if (denial !== undefined) return denial;
  }
  return undefined;
}
