import type { Access, Denial } from '../decision.js';
import type { AskedSelection } from '../question.js';
import { checkField } from './check-field.js';

export interface SelectionWalk {
  withheld: Set<string>;
  partial: boolean;
  follow(path: string): Access | Denial;
}

/** Every selected field and relation is granted. A partial ask withholds the others by name instead. */
export function checkSelection(
  access: Access,
  selection: AskedSelection,
  walk: SelectionWalk,
  path = '',
): Denial | undefined {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of selection.fields ?? []) {
    if (name.startsWith('_')) continue; // `_id` belongs to no contract
    const denial = checkField(access, name, 'select', at(name));
    if (denial === undefined) continue;
    if (!walk.partial || denial.code === 'unknown-field') return denial;
    walk.withheld.add(at(name));
  }
  for (const [name, below] of selection.relations) {
    const target = walk.follow(at(name));
    if ('outcome' in target) {
      if (!walk.partial) return target;
      walk.withheld.add(at(name));
      continue;
    }
    const denial = checkSelection(target, below, walk, at(name));
    if (denial !== undefined) return denial;
  }
  return undefined;
}
