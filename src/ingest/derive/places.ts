import { buildingIn, longestEnd, plainText } from './address-text.js';
import { normalBuilding } from './house-code.js';

/** Null where more than one thing has the name. */
type Found = string | null;

/** What a delivery looks up of the district's places. Each gives undefined where nothing is known, null where there is more than one answer. */
export interface Places {
  /** Datasets that were read, with their releases: where they are the same, so is every answer. */
  asOf: string;
  isBuilding(code: string): boolean;
  /** Building's code → grid. */
  gridOfBuilding(code: string): Found | undefined;
  /** Code of a standard address, or of one below it → grid. */
  gridOfAddress(code: string): Found | undefined;
  /** Compound's code and a building's number in normal form → building's code. */
  building(compound: string, number: string): Found | undefined;
  /** Text of an address in a community: undefined where it names no building, null where it names none that is known. */
  gridOfText(address: string, division: string): Found | undefined;
}

/** Which lookups a contract needs; what it doesn't is not loaded. */
export interface Needs {
  buildings: boolean;
  addresses: boolean;
  texts: boolean;
}

/** Of one entity. A district of a million people has about 60,000 buildings, villagers' own houses included; where there are more than this, nothing is told by them. */
const ROWS_AT_MOST = 500_000;
const NAME_LEAST = 2;

class Names {
  readonly #codes = new Map<string, Found>();
  readonly lengths = { least: NAME_LEAST, most: 0 };
  /** Not all were read: nobody knows then whether a name is unknown, or stands for one thing. */
  cut = false;

  add(within: string, name: string, code: string): void {
    const key = `${within} ${name}`;
    const known = this.#codes.get(key);
    this.#codes.set(key, known === undefined || known === code ? code : null);
    this.lengths.most = Math.max(this.lengths.most, name.length);
  }

  get(within: string, name: string): Found | undefined {
    return this.cut ? null : this.#codes.get(`${within} ${name}`);
  }
}

/** Reads places of an entity: these fields of each row that has none of the codes. */
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

/** Where an entity has more than `atMost` rows, every lookup in it gives null, so that what is not derived is counted as unclear. */
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
    const without = { field: 'level', codes: ['13', '14', '15'] }; // entrance, floor and room lie in their building
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

/** The building that the text names within its community, and that building's grid. */
function textLookup(of: Record<'grids' | 'numbers' | 'compounds' | 'villages', Names>): Places['gridOfText'] {
  const { grids, numbers, compounds, villages } = of;
  const numberedIn = (compound: Found | undefined, number: string) =>
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
function gridAbove(code: string, addresses: Names): Found | undefined {
  for (let length = code.length; length > 12; length--) {
    const grid = addresses.get('', code.slice(0, length));
    if (grid !== undefined) return grid === '' ? null : grid;
  }
  return undefined;
}
