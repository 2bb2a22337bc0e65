import { nearMiss } from '../../../platform/near-miss.js';
import type { Access, Denial } from '../decision.js';
import { deny } from '../deny.js';

export type FieldUse = 'select' | 'filter' | 'sort' | 'key' | 'join';

/** The field is granted. Every use except select needs it unmasked: an order, a match or a count would reveal what the mask hides. */
export function checkField(access: Access, name: string, use: FieldUse, path = name): Denial | undefined {
  const granted = access.fields.get(name);
  if (granted !== undefined && (use === 'select' || granted.mask === 'none')) return undefined;
  const { contract, grant } = access;
  if (!contract.fields.has(name)) {
    const suggestion = nearMiss(name, contract.fields.keys());
    return deny('check-field', 'unknown-field', {
      reason: `no field ${name} in ${contract.id}`,
      faults: [{ parameter: path, reason: 'Not a field of the dataset', ...(suggestion && { suggestion }) }],
      grant,
    });
  }
  return deny('check-field', 'field-not-granted', {
    reason: granted === undefined ? `${name} is not granted` : `${name} is masked (${granted.mask}): no ${use}`,
    faults: [
      { parameter: path, reason: use === 'select' ? 'Not granted' : `Not granted unmasked, so it serves no ${use}` },
    ],
    grant,
  });
}
