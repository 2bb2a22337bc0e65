import type pg from 'pg';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { liveTable } from '../../catalog/table.js';
import { releasedNames } from '../rules/findings.js';
import { releasedContracts } from '../rules/released-contracts.js';
import { buildingIn, longestEnd, plainText } from './address-text.js';
import { normalBuilding } from './house-code.js';

/** Null where more than one thing has the name. */
type Found = string | null;

/** What a delivery looks up of the district's places. Each gives undefined where nothing is known, null where there is more than one answer. */
export interface Places {
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
/** A district of a million people has about 60,000 buildings, villagers' own houses included; what is beyond is not looked up. */
const ROWS_AT_MOST = 500_000;
const NAME_LEAST = 2;

class Names {
  readonly #codes = new Map<string, Found>();
  readonly lengths = { least: NAME_LEAST, most: 0 };

  add(within: string, name: string, code: string): void {
    const key = `${within} ${name}`;
    const known = this.#codes.get(key);
    this.#codes.set(key, known === undefined || known === code ? code : null);
    this.lengths.most = Math.max(this.lengths.most, name.length);
  }

  get(within: string, name: string): Found | undefined {
    return this.#codes.get(`${within} ${name}`);
  }
}

/** Reads L1 and L2 fields of datasets that are the source of truth about places. As exchange_owner. */
export async function loadPlaces(client: pg.ClientBase, catalog: Catalog, needs: Needs): Promise<Places> {
  const known = { catalog, released: await releasedNames(client) };
  const each = (entity: string, fields: readonly string[], where: string, take: (row: (string | null)[]) => void) =>
    readPlaces(client, releasedContracts(known, entity).filter(isOpen(fields)), { fields, where, take });
  const [grids, numbers, compounds, villages] = [new Names(), new Names(), new Names(), new Names()];
  const codes = new Set<string>();
  if (needs.buildings || needs.texts || needs.addresses) {
    const fields = ['code', 'compound_code', 'name', 'division_code', 'grid_code'];
    await each('building', fields, 'TRUE', ([code, compound, name, division, grid]) => {
      codes.add(code!);
      if (grid !== null) grids.add('', code!, grid!);
      if (compound === null) villages.add(division!, plainText(name!), code!);
      const number = compound === null ? undefined : normalBuilding(name!);
      if (number !== undefined) numbers.add(compound!, number, code!);
    });
  }
  if (needs.texts || needs.addresses) {
    await each('compound', ['code', 'name', 'division_code'], 'TRUE', ([code, name, division]) =>
      compounds.add(division!, plainText(name!), code!),
    );
  }
  const gridOfText = (address: string, division: string): Found | undefined => {
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
  const numberedIn = (compound: Found | undefined, number: string) =>
    compound === undefined || compound === null ? compound : numbers.get(compound, number);
  const addresses = new Names();
  if (needs.addresses) {
    const above = `"level" NOT IN ('13', '14', '15')`; // entrance, floor and room lie in their building
    await each('address', ['code', 'text', 'division_code', 'level'], above, ([code, text, division]) => {
      const grid = gridOfText(text!, division!);
      if (grid !== undefined) addresses.add('', code!, grid ?? '');
    });
  }
  return {
    isBuilding: (code) => codes.has(code),
    gridOfBuilding: (code) => grids.get('', code),
    gridOfAddress: (code) => gridAbove(code, addresses),
    building: (compound, number) => numbers.get(compound, number),
    gridOfText,
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

/** The contract has these fields, none of them personal, and its publisher answers for them. */
function isOpen(names: readonly string[]): (contract: Contract) => boolean {
  return ({ fields, sourceOfTruth }) =>
    sourceOfTruth && names.every((name) => ['L1', 'L2'].includes(fields.get(name)?.sensitivity ?? ''));
}

async function readPlaces(
  client: pg.ClientBase,
  contracts: readonly Contract[],
  reading: { fields: readonly string[]; where: string; take: (row: (string | null)[]) => void },
): Promise<void> {
  const columns = reading.fields.map((name) => `"${name}"`).join(', ');
  for (const contract of contracts) {
    let after = '00000000-0000-0000-0000-000000000000';
    for (let read = 0; read < ROWS_AT_MOST; ) {
      const { rows } = await client.query<(string | null)[]>({
        text: `SELECT row_id, ${columns} FROM ${liveTable(contract)} WHERE row_id > $1 AND ${reading.where} ORDER BY row_id LIMIT ${PAGE}`,
        values: [after],
        rowMode: 'array',
      });
      for (const [id, ...values] of rows) {
        after = id!;
        reading.take(values);
      }
      read += rows.length;
      if (rows.length < PAGE) break;
    }
  }
}
