import type { RowSets, SetRule } from '../rule.js';

/** The head of a household has a row: a person's in the same dataset, a household's among the publisher's people. */
export const headExists: SetRule = {
  kind: 'set',
  name: 'head-exists',
  title: { zh: '户主存在', en: 'The head of the household has a row' },
  severity: 'warning',
  dimension: 'consistency',
  basis: '《中华人民共和国户口登记条例》第五条',
  tests(sets) {
    const people = peopleOf(sets);
    if (people === undefined || !sets.contract.fields.has('head_id')) return [];
    const head = `SELECT FROM ${people} p WHERE p."id_number" = s."head_id"`;
    return [{ field: 'head_id', faulty: `s."head_id" IS NOT NULL AND NOT EXISTS (${head})` }];
  },
};

/** Only the same publisher: a delivery must not reveal who is in another register. */
function peopleOf({ contract, datasets, live }: RowSets): string | undefined {
  if (contract.entity === 'person') return contract.fields.has('id_number') ? live : undefined;
  if (contract.entity !== 'household') return undefined;
  const registers = datasets('person').filter(
    ({ contract: { publisher, fields, sourceOfTruth } }) =>
      publisher === contract.publisher && sourceOfTruth && fields.has('id_number'),
  );
  return registers[0]?.rows;
}
