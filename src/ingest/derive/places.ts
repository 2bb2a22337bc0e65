import type pg from 'pg';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { liveTable } from '../../catalog/table.js';
import { releasedContracts } from '../rules/set/released-contracts.js';
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

const PAGE = 20_000;
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

/**
 * Reads L1 and L2 fields of datasets that are the source of truth about places. As exchange_owner. `rowsAtMost`: of one entity; of one that
 * has more, every lookup gives null, so that what is not derived is counted as unclear.
 */
export async function loadPlaces(
  client: pg.ClientBase,
  catalog: Catalog,
  needs: Needs,
  rowsAtMost = ROWS_AT_MOST,
): Promise<Places> {
  const releases = await releasesOf(client); // before the rows: one that comes in between makes a later answer another, not this one
  const known = { catalog, released: new Set(releases.keys()) };
  const readOf = new Set<string>();
  const each = async (
    entity: string,
    { into, ...reading }: Pick<Reading, 'fields' | 'take'> & { where?: string; into: readonly Names[] },
  ): Promise<void> => {
    const contracts = releasedContracts(known, entity).filter(isOpen(reading.fields));
    for (const { name } of contracts) readOf.add(`${name}@${releases.get(name)}`);
    const cut = await readPlaces(client, contracts, { where: 'TRUE', rowsAtMost, ...reading });
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
    await each('building', { fields, take, into: [grids, numbers, villages] });
  }
  if (needs.texts || needs.addresses) {
    const take = ([code, name, division]: Cells) => compounds.add(division!, plainText(name!), code!);
    await each('compound', { fields: ['code', 'name', 'division_code'], take, into: [compounds] });
  }
  const gridOfText = textLookup({ grids, numbers, compounds, villages });
  const addresses = new Names();
  if (needs.addresses) {
    const where = `"level" NOT IN ('13', '14', '15')`; // entrance, floor and room lie in their building
    const take = ([code, text, division]: Cells) => {
      const grid = gridOfText(text!, division!);
      if (grid !== undefined) addresses.add('', code!, grid ?? '');
    };
    await each('address', { fields: ['code', 'text', 'division_code', 'level'], where, take, into: [addresses] });
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

/** By dataset. */
async function releasesOf(client: pg.ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; release: string }>(
    'SELECT name, release FROM exchange.line WHERE release > 0',
  );
  return new Map(rows.map(({ name, release }) => [name, release]));
}

/** A code of the address library begins with its parent's. */
function gridAbove(code: string, addresses: Names): Found | undefined {
  for (let length = code.length; length > 12; length--) {
    const grid = addresses.get('', code.slice(0, length));
    if (grid !== undefined) return grid === '' ? null : grid;
  }
  return undefined;
}

/** The contract has these fields, none of them personal, and its publisher answers for them. */
function isOpen(names: readonly string[]): (contract: Contract) => boolean {
  return ({ fields, sourceOfTruth }) =>
    sourceOfTruth && names.every((name) => ['L1', 'L2'].includes(fields.get(name)?.sensitivity ?? ''));
}

type Cells = (string | null)[];

interface Reading {
  fields: readonly string[];
  where: string;
  rowsAtMost: number;
  take(row: Cells): void;
}

/** Page by page, so that no more of it is held than what `take` keeps. True where there were more rows than allowed. */
async function readPlaces(
  client: pg.ClientBase,
  contracts: readonly Contract[],
  { fields, where, rowsAtMost, take }: Reading,
): Promise<boolean> {
  const columns = fields.map((name) => `"${name}"`).join(', ');
  let read = 0;
  for (const contract of contracts) {
    let after = '00000000-0000-0000-0000-000000000000';
    for (let more = true; more; ) {
      const { rows } = await client.query<Cells>({
        text: `SELECT row_id, ${columns} FROM ${liveTable(contract)} WHERE row_id > $1 AND ${where} ORDER BY row_id LIMIT ${PAGE}`,
        values: [after],
        rowMode: 'array',
      });
      read += rows.length;
      if (read > rowsAtMost) return true;
      for (const [id, ...values] of rows) {
        after = id!;
        take(values);
      }
      more = rows.length === PAGE;
    }
  }
  return false;
}
