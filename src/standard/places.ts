import type { Entity } from './entity.js';
import { readCsv } from './read-csv.js';

/** An element that follows from fields which an entity has or a contract adds. Each is a choice of names: the first that a contract has. */
export interface DerivedField {
  field: readonly string[];
  from: readonly (readonly string[])[];
}

/** How many households a grid has, by its kind and settlement. A kind without a line has no limits. */
export interface GridSize {
  kind: string;
  settlement: string;
  least: number;
  most: number;
  /** The standard that says so. */
  basis: string;
}

/** Reads `derivations.csv`, in the order in which fields are filled. Throws Error naming a line that derives no element. */
export function readDerivations(file: string, entities: ReadonlyMap<string, Entity>): DerivedField[] {
  const known = new Set([...entities.values()].flatMap(({ elements }) => elements.map(({ name }) => name)));
  return readCsv(file).map(({ field = '', from = '' }, i) => {
    const derived = { field: field.split('|'), from: from.split(' + ').map((names) => names.split('|')) };
    const wrong = [
      ...derived.field.filter((name) => !known.has(name)),
      ...derived.from.flat().filter((name) => !/^[a-z_]+$/.test(name)),
    ];
    if (wrong.length > 0) throw new Error(`derivations.csv:${i + 2}: ${wrong.join(', ')} is no name of a field`);
    return derived;
  });
}

/** Reads `grid-sizes.csv`. Throws Error naming a line that has no code of the lists or no numbers. */
export function readGridSizes(file: string, lists: ReadonlyMap<string, ReadonlyMap<string, string>>): GridSize[] {
  return readCsv(file).map(({ kind = '', settlement = '', basis = '', ...line }, i) => {
    const [least, most] = [Number(line.households_least), Number(line.households_most)];
    const coded = lists.get('grid-kind')?.has(kind) && lists.get('settlement')?.has(settlement);
    if (!coded || !(least > 0 && least <= most)) throw new Error(`grid-sizes.csv:${i + 2} is not a size of a grid`);
    return { kind, settlement, least, most, basis };
  });
}
