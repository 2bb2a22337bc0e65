import { rowIdHex } from '../../catalog/row-id.js';
import { known } from '../../platform/known.js';
import { compareSql } from '../../query/datasets/compare.js';
import type { Standard } from '../../standard/standard.js';
import { type Comparison, comparisonsOf, type Side } from './comparisons.js';
import type { Computed, Computing } from './computing.js';

interface Conflict {
  subject: string;
  element: string;
  av: string;
  bv: string;
  division: string | null;
  grid: string | null;
}

const VALUE_CHARACTERS = 200;

/** The list of conflicts: its rows, and the datasets and fields that it reads. */
export function conflictsOf({ reads, standard, today, keys }: Computing): Computed {
  const comparisons = comparisonsOf(reads, standard);
  const used = new Map<Side['read'], Set<string>>();
  for (const { first, second, elements } of comparisons) {
    for (const side of [first, second]) {
      const fields = used.get(side.read) ?? new Set<string>();
      used.set(side.read, fields);
      for (const name of [side.by, side.division, side.grid, ...elements.map((element) => side.says.get(element))])
        if (name !== undefined) fields.add(name);
    }
  }
  return {
    used,
    notes: {
      compared: comparisons.map(({ first, second, elements }) => ({
        datasets: [nameOf(first), nameOf(second)],
        elements,
      })),
    },
    async *rows(read) {
      for (const comparison of comparisons) {
        const { text, values } = compareSql(comparison, today);
        for await (const batch of read<Conflict>(text, values)) {
          yield batch.map((found) => rowOf(comparison, found, { standard, keys }));
        }
      }
    },
  };
}

function rowOf(
  { first, second }: Comparison,
  found: Conflict,
  { standard, keys }: Pick<Computing, 'standard' | 'keys'>,
) {
  const { subject, element } = found;
  const about = [first.subject, subject, element, first.read.contract.name, second.read.contract.name];
  const described = known(standard.entities, first.subject).elements.find(({ name }) => name === element)!;
  const shown = (value: string) => valueText(value, described.type.list, standard);
  return {
    conflict_no: rowIdHex(keys, 'conflict', about),
    entity: first.subject,
    person_id: first.subject === 'person' ? subject : null,
    house_code: first.subject === 'house' ? subject : null,
    element,
    element_title: described.title.zh,
    division_code: found.division,
    grid_code: found.grid,
    first_dataset: nameOf(first),
    first_value: shown(found.av),
    second_dataset: nameOf(second),
    second_value: shown(found.bv),
  };
}

/** If membership of the dataset is sensitive, only the department is named. */
function nameOf({ read: { contract }, by }: Side): string {
  return known(contract.fields, by).sensitivity === 'L4' ? contract.publisher : contract.name;
}

/** A code with its meaning. */
function valueText(value: string, list: string | undefined, standard: Standard): string {
  const meaning = list === undefined ? undefined : standard.lists.get(list)?.get(value);
  return (meaning === undefined ? value : `${value} ${meaning}`).slice(0, VALUE_CHARACTERS);
}
