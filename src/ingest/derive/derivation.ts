import type { Validator } from '../judge/validator.js';
import { buildingOf, houseCode, normalBuilding, partsOf } from './house-code.js';
import { loadPlaces, type Needs, type Places, type ReadPlaces } from './places.js';

/** Rows by the result of one field's derivation. */
export interface DerivedCounts {
  filled: number;
  /** The sent value is kept, and differs from the derived one. */
  differing: number;
  /** Nothing was sent, and the derivation has no single answer. */
  unclear: number;
}

/** Derivations of one delivery. */
export interface Derivation {
  /** The version of the looked-up places: after a change the same file means something else. */
  asOf: string;
  derive(values: unknown[]): void;
  /** Undefined where nothing was derived and nothing differed. */
  told(): Readonly<Record<string, DerivedCounts>> | undefined;
}

/** undefined: nothing to derive from; null: no single answer. */
type Derived = string | null | undefined;
type Read = (name: string) => string | null;

interface Step {
  field: string;
  /** From codes; also compared with the sent value. */
  derive(read: Read): Derived;
  /** Used where nothing was sent and codes give no answer. */
  fallback?(read: Read): Derived;
  /** The form in which a sent value is kept. */
  form?(sent: string): string;
}

const GRID = /^\d{15}$/;
const COMMUNITY_DIGITS = 12;

/** Loads what the contract's derivations look up, if anything. Undefined where there is nothing to derive. */
export async function prepareDerivation(
  { contract, fields }: Validator,
  open: () => Promise<ReadPlaces>,
): Promise<Derivation | undefined> {
  const has = (...names: string[]) => names.every((name) => contract.fields.has(name));
  const address = ['residence_address', 'address'].find((name) => has(name));
  const division = ['residence_division', 'division_code'].find((name) => has(name));
  const grid = has('grid_code');
  const needs: Needs = {
    buildings:
      has('compound_code', 'building_name') ||
      has('house_code', 'room') ||
      (grid && (has('building_code') || has('house_code'))),
    addresses: grid && has('address_code'),
    texts: grid && address !== undefined && division !== undefined,
  };
  const any = needs.buildings || needs.addresses || needs.texts;
  if (!any && !(grid && division !== undefined)) return undefined;
  const places = any ? await loadPlaces(await open(), needs) : undefined;
  const steps: Step[] = [];
  if (places !== undefined) {
    if (has('building_code', 'compound_code', 'building_name')) steps.push(buildingStep(places));
    if (has('house_code')) steps.push(houseStep(places, has));
    if (grid) steps.push(gridStep(places, { address, division, has }));
  }
  if (grid && division !== undefined) steps.push(divisionStep(division));
  return derivationOf(steps, fields, places?.asOf ?? '');
}

function buildingStep(places: Places): Step {
  return {
    field: 'building_code',
    derive(read) {
      const [compound, name] = [read('compound_code'), read('building_name')];
      return compound === null || name === null ? undefined : numbered(places, compound, name);
    },
  };
}

function numbered(places: Places, compound: string, name: string): string | null {
  const number = normalBuilding(name);
  return (number === undefined ? null : places.building(compound, number)) ?? null;
}

function houseStep(places: Places, has: (...names: string[]) => boolean): Step {
  return {
    field: 'house_code',
    derive(read) {
      if (!has('building_code', 'room')) return undefined;
      const [building, room] = [read('building_code'), read('room')];
      if (building === null || room === null) return undefined;
      return houseCode(building, has('unit') ? read('unit') : null, room) ?? null;
    },
    form(sent) {
      const parts = partsOf(sent);
      if (parts === undefined) return sent;
      const { compound, building, unit, room } = parts;
      const code = compound === undefined ? building : numbered(places, compound, building);
      // The code of an unknown building may have another scheme, so it stays unchanged.
      return (code === null || !places.isBuilding(code) ? undefined : houseCode(code, unit, room)) ?? sent;
    },
  };
}

function gridStep(
  places: Places,
  of: { address: string | undefined; division: string | undefined; has: (...names: string[]) => boolean },
): Step {
  const { address, division, has } = of;
  const [byHouse, byBuilding, byAddress] = [has('house_code'), has('building_code'), has('address_code')];
  return {
    field: 'grid_code',
    derive(read) {
      const house = byHouse ? read('house_code') : null;
      const building = (byBuilding ? read('building_code') : null) ?? (house === null ? undefined : buildingOf(house));
      const ofBuilding = building === undefined ? undefined : places.gridOfBuilding(building);
      if (ofBuilding !== undefined) return ofBuilding;
      const code = byAddress ? read('address_code') : null;
      return code === null ? undefined : places.gridOfAddress(code);
    },
    ...(address === undefined || division === undefined
      ? {}
      : {
          fallback(read) {
            const [text, community] = [read(address), read(division)];
            return text === null || community === null ? undefined : places.gridOfText(text, community);
          },
        }),
  };
}

/** A grid's code begins with its community's. */
function divisionStep(division: string): Step {
  return {
    field: division,
    derive(read) {
      const grid = read('grid_code');
      return grid === null || !GRID.test(grid) ? undefined : grid.slice(0, COMMUNITY_DIGITS);
    },
  };
}

function derivationOf(steps: readonly Step[], fields: readonly string[], asOf: string): Derivation {
  const counts = new Map(steps.map(({ field }) => [field, { filled: 0, differing: 0, unclear: 0 }]));
  const places = new Map(fields.map((name, at) => [name, at]));
  const run = ({ field, derive, fallback, form }: Step, values: unknown[], read: Read): void => {
    const at = places.get(field)!;
    const count = counts.get(field)!;
    const sent = values[at];
    const derived = derive(read);
    if (typeof sent === 'string') {
      const kept = form === undefined ? sent : form(sent);
      values[at] = kept;
      if (typeof derived === 'string' && derived !== kept) count.differing++;
    } else if (sent === null) {
      const value = derived === undefined ? fallback?.(read) : derived;
      if (typeof value === 'string') count.filled++;
      else if (value === null) count.unclear++;
      values[at] = value ?? null;
    }
  };
  return {
    asOf,
    derive(values) {
      const read: Read = (name) => {
        const value = values[places.get(name)!];
        return typeof value === 'string' ? value : null;
      };
      for (const step of steps) run(step, values, read);
    },
    told() {
      const some = [...counts].filter(([, { filled, differing, unclear }]) => filled + differing + unclear > 0);
      return some.length === 0 ? undefined : Object.fromEntries(some);
    },
  };
}
