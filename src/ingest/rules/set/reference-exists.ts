import type { Contract } from '../../../catalog/contract.js';
import type { RowSets, SetRule, SetTest } from '../rule.js';

/** Entities of places and organisations, never of people: a delivery must not reveal who is in another dataset. */
const REFERABLE = new Set(['division', 'house', 'grid', 'compound', 'building', 'address', 'organization']);

/** A field that refers to an entity has a row in some dataset of that entity in the exchange. */
export const referenceExists: SetRule = {
  kind: 'set',
  name: 'reference-exists',
  title: { zh: '引用的对象存在', en: 'What a value refers to has a row' },
  severity: 'warning',
  dimension: 'consistency',
  basis: 'GB/T 36344-2018 一致性（关联数据一致性）',
  tests(sets) {
    const elements = sets.standard.entities.get(sets.contract.entity ?? '')?.elements ?? [];
    return elements.flatMap(({ name, references }) =>
      references === undefined || !REFERABLE.has(references) ? [] : testOf(sets, name, references),
    );
  },
};

function testOf({ contract, standard, datasets }: RowSets, name: string, entity: string): SetTest[] {
  const key = standard.entities.get(entity)?.candidateKeys[0] ?? [];
  if (!contract.fields.has(name) || key.length !== 1 || isOwnKey(contract, name, entity)) return [];
  // Only tables with this key: each row is then one probe of a unique index, or of a hash.
  const targets = datasets(entity).filter((target) => target.contract.key.join() === key[0]);
  if (targets.length === 0) return [];
  const absent = targets.map(({ rows }) => `NOT EXISTS (SELECT FROM ${rows} r WHERE r."${key[0]}" = s."${name}")`);
  return [{ field: name, faulty: [`s."${name}" IS NOT NULL`, ...absent].join(' AND ') }];
}

/** A house's own code is no reference. */
function isOwnKey(contract: Contract, name: string, entity: string): boolean {
  return contract.entity === entity && contract.key.includes(name);
}
