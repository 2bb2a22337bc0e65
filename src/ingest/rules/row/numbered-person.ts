import type { Contract } from '../../../catalog/contract.js';
import { RESIDENT_ID_KINDS } from '../../../standard/identifier.js';

/**
 * Reads the citizen identity number of a row; undefined where the row has another document or none. Returns undefined
 * where the contract has no `id_number`.
 */
export function residentNumber(contract: Contract): ((values: readonly unknown[]) => string | undefined) | undefined {
  const type = contract.fields.get('id_number')?.type;
  if (type?.scheme !== 'resident-id') return undefined;
  const names = [...contract.fields.keys()];
  const at = names.indexOf('id_number');
  const kindAt = type.kindField === undefined ? -1 : names.indexOf(type.kindField);
  return (values) => {
    const number = values[at];
    const kind = values[kindAt];
    if (typeof number !== 'string') return undefined;
    return kindAt < 0 || (typeof kind === 'string' && RESIDENT_ID_KINDS.has(kind)) ? number : undefined;
  };
}
