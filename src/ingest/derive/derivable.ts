import type { Contract } from '../../catalog/contract.js';
import { loadStandard } from '../../standard/standard.js';

/** Fields that a delivery may leave out because its other fields can fill them; each row then shows whether they do. */
export function derivable({ fields }: Contract, sent: ReadonlySet<string>): ReadonlySet<string> {
  const chosen = (names: readonly string[]) => names.find((name) => fields.has(name));
  const there = new Set(sent);
  for (const { field, from } of loadStandard().derivations) {
    const name = chosen(field);
    if (name !== undefined && from.every((names) => there.has(chosen(names) ?? ''))) there.add(name);
  }
  return there;
}
