import { buildingIn, longestEnd, plainText } from './address-text.js';
import { normalBuilding } from './house-code.js';

/** Null where the name is ambiguous. */
type FoundPlace = string | null;

/** Lookups of the district's places. They return undefined where nothing is known, null where it is ambiguous. */
export interface Places {
  /** The datasets read, with their releases: equal values mean equal answers. */
  asOf: string;
  isBuilding(code: string): boolean;
  /** Building's code → grid. */
  gridOfBuilding(code: string): FoundPlace | undefined;
  /** Code of a standard address, or of one below it → grid. */
  gridOfAddress(code: string): FoundPlace | undefined;
  /** Compound's code and a building's number in normal form → building's code. */
  building(compound: string, number: string): FoundPlace | undefined;
  /** Text of an address in a community: undefined where it names no building, null where the building is unknown. */
  gridOfText(address: string, division: string): FoundPlace | undefined;
}

/** The lookups that a contract needs; the others are not loaded. */
export interface Needs {
  buildings: boolean;
  addresses: boolean;
  texts: boolean;
}

/** Per entity. A district of a million people has about 60,000 buildings; an entity with more rows is not used. */
const ROWS_AT_MOST = 500_000;
const NAME_LEAST = 2;

class Names {
  readonly #codes = new Map<string, FoundPlace>();
  readonly lengths = { least: NAME_LEAST, most: 0 };
  /** Not all rows were read, so every name may be unknown or ambiguous. */
  cut = false;

  add(within: string, name: string, code: string): void {
    const key = `${within} ${name}`;
    const known = this.#codes.get(key);
    this.#codes.set(key, known === undefined || known === code ? code : null);
    this.lengths.most = Math.max(this.lengths.most, name.length);
  }

  get(within: string, name: string): FoundPlace | undefined {
    return this.cut ? null : this.#codes.get(`${within} ${name}`);
  }
}

/** Reads these fields of an entity's places, without the rows that have one of the codes. */
export type ReadPlaces = (reading: {
  entity: string;
  fields: readonly string[];
  without?: { field: string; codes: readonly string[] };
  atMost: number;
  take(row: Cells): void;
}) => Promise<{
  /** `name@release` of each dataset that was read. */
  datasets: readonly string[];
  /** There were more than `atMost`. */
  cut: boolean;
}>;

type Cells = (string | null)[];
type EntityReading = Parameters<ReadPlaces>[0];

/** An entity with more than `atMost` rows has lookups that return null, so that fields not derived count as unclear. */
export async function loadPlaces(read: ReadPlaces, needs: Needs, atMost = ROWS_AT_MOST): Promise<Places> {
  const readOf = new Set<string>();
  const each = async (entity: string, reading: Pick<EntityReading, 'fields' | 'without' | 'take'>, into: Names[]) => {
    const { datasets, cut } = await read({ entity, atMost, ...reading });
    for (const dataset of datasets) readOf.add(dataset);
    for (const names of into) names.cut = cut;
  };
  const [grids, numbers, compounds, villages] = [new Names(), new Names(), new Names(), new Names()];
  const codes = new Set<string>();
  if (needs.buildings || needs.texts || needs.addresses) {
    const fields = ['code', 'compound_code', 'name', 'division_code', 'grid_code'];
    const take = ([code, compound, name, division, grid]: Cells) => {
      codes.add(code!);
      if (grid !== null) grids.add('', code!, grid!);
      if (compound === null) villages.add(division!, plainText(name!), code!);
      const number = compound === null ? undefined : normalBuilding(name!);
      if (number !== undefined) numbers.add(compound!, number, code!);
    };
    await each('building', { fields, take }, [grids, numbers, villages]);
  }
  if (needs.texts || needs.addresses) {
    const take = ([code, name, division]: Cells) => compounds.add(division!, plainText(name!), code!);
    await each('compound', { fields: ['code', 'name', 'division_code'], take }, [compounds]);
  }
  const gridOfText = textLookup({ grids, numbers, compounds, villages });
  const addresses = new Names();
  if (needs.addresses) {
    const without = { field: 'level', codes: ['13', '14', '15'] }; // entrance, floor and room are inside their building
    const take = ([code, text, division]: Cells) => {
      const grid = gridOfText(text!, division!);
      if (grid !== undefined) addresses.add('', code!, grid ?? '');
    };
    await each('address', { fields: ['code', 'text', 'division_code', 'level'], without, take }, [addresses]);
  }
  return {
    asOf: [...readOf].sort().join(' '),
    isBuilding: (code) => codes.has(code),
    gridOfBuilding: (code) => grids.get('', code),
    gridOfAddress: (code) => gridAbove(code, addresses),
    building: (compound, number) => numbers.get(compound, number),
    gridOfText,
  };
}

/** Finds the building that the text names within its community, and its grid. */
function textLookup(of: Record<'grids' | 'numbers' | 'compounds' | 'villages', Names>): Places['gridOfText'] {
  const { grids, numbers, compounds, villages } = of;
  const numberedIn = (compound: FoundPlace | undefined, number: string) =>
    compound === undefined || compound === null ? compound : numbers.get(compound, number);
  return (address, division) => {
    const plain = plainText(address);
    const named = buildingIn(plain);
    const building =
      named === undefined
        ? longestEnd(plain, villages.lengths, (end) => villages.get(division, end))
        : numberedIn(
            longestEnd(named.before, compounds.lengths, (end) => compounds.get(division, end)),
            named.building,
          );
    if (building === undefined) return named === undefined ? undefined : null;
    return building === null ? null : (grids.get('', building) ?? null);
  };
}

/** A code of the address library begins with its parent's. */
function gridAbove(code: string, addresses: Names): FoundPlace | undefined {
  for (let length = code.length; length > 12; length--) {
    const grid = addresses.get('', code.slice(0, length));
    if (grid !== undefined) return grid === '' ? null : grid;
  }
  return undefined;
}
