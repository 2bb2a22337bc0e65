import type { Contract } from '../../catalog/contract.js';
import { fourteenth } from '../../standard/calendar.js';
import { isResidentId } from '../../standard/identifier.js';
import { typeOf } from '../../standard/type.js';

/**
 * Until when a row concerns a child under 14 (PIPL art. 31): from `born`, else from the number of the row's first
 * subject. A person of unknown age counts as a child: `infinity`.
 */
export function minorUntil(contract: Contract): (values: readonly unknown[]) => string {
  const names = [...contract.fields.keys()];
  const born = contract.fields.get('born');
  const bornAt = born !== undefined && typeOf(born.type).calendar === 'day' ? names.indexOf('born') : -1;
  const subjectAt = contract.subjects[0] === undefined ? -1 : names.indexOf(contract.subjects[0]);
  return (values) => {
    const born = bornAt >= 0 ? values[bornAt] : bornOf(subjectAt < 0 ? null : values[subjectAt]);
    return (typeof born === 'string' ? fourteenth(born) : undefined) ?? 'infinity';
  };
}

function bornOf(number: unknown): string | null {
  if (typeof number !== 'string' || !isResidentId(number)) return null;
  return `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
}
