import type { Contract } from '../../catalog/contract.js';
import { loadStandard } from '../../standard/standard.js';

/** Fields that a delivery may leave out because others, which it has, can fill them: whether a row's do is seen row by row. */
export function derivable({ fields }: Contract, sent: ReadonlySet<string>): ReadonlySet<string> {
  const chosen = (names: readonly string[]) => names.find((name) => fields.has(name));
  const there = new Set(sent);
  for (const { field, from } of loadStandard().derivations) {
    const name = chosen(field);
    if (name !== undefined && from.every((names) => there.has(chosen(names) ?? ''))) there.add(name);
  }
  return there;
}
