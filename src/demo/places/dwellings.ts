import { itemAt } from '../../platform/known.js';
import type { Grid, PopulationPlan, Unit } from './plan.js';

/** The form of a unit's buildings: one form per town; a villager's own house is a building of one dwelling. */
interface Form {
  floors: number;
  entrances: number;
  /** Dwellings on one floor of one entrance. */
  doors: number;
}

const TOWN_FORMS: readonly Form[] = [
  { floors: 6, entrances: 4, doors: 2 },
  { floors: 11, entrances: 2, doors: 2 },
  { floors: 18, entrances: 2, doors: 2 },
];
const VILLAGE_FORM: Form = { floors: 1, entrances: 1, doors: 1 };
const PILOT_FORMS: Readonly<Record<string, number>> = { '370303104003': 1, '370303104002': 0 };
/** Occupied share of all dwellings. */
const OCCUPIED = 0.93;
const GRIDS_PER_COMPOUND = 3;

export interface Building {
  code: string;
  /** Undefined for villagers' own houses. */
  compoundCode: string | undefined;
  name: string;
  floors: number;
  entrances: number;
  dwellings: number;
  /** Longitude and latitude, CGCS2000. */
  point: readonly [number, number];
}

export interface Dwelling {
  houseCode: string;
  buildingCode: string;
  unit: string | undefined;
  room: string;
  areaM2: string;
  realEstateUnitNo: string;
  address: string;
}

export interface Compound {
  code: string;
  name: string;
  unit: Unit;
  firstGrid: number;
  lastGrid: number;
}

export interface Layout {
  grid: Grid;
  buildings: number;
  /** All dwellings, occupied or not. */
  dwellings: number;
  building(index: number): Building;
  dwelling(index: number): Dwelling;
  /** Index of the home of the grid's k-th household; from `grid.households` on, an empty dwelling. */
  homeOf(k: number): number;
}

function formOf(unit: Unit): Form {
  if (!unit.urban) return VILLAGE_FORM;
  return itemAt(TOWN_FORMS, PILOT_FORMS[unit.division.code] ?? Number(unit.division.code.slice(-3)) % 3);
}

/** The compounds of a unit: 盛世康城, or with several 盛世康城一区, 二区 …; villages have none. */
export function* compoundsOf(unit: Unit): Generator<Compound> {
  if (!unit.urban) return;
  const count = Math.ceil(unit.gridCount / GRIDS_PER_COMPOUND);
  for (let number = 1; number <= count; number++) {
    const name = `${unit.name}${count === 1 ? '小区' : `${chineseNumber(number)}区`}`;
    const firstGrid = (number - 1) * GRIDS_PER_COMPOUND + 1;
    const lastGrid = Math.min(unit.gridCount, number * GRIDS_PER_COMPOUND);
    yield { code: compoundCode(unit, number), name, unit, firstGrid, lastGrid };
  }
}

function compoundCode(unit: Unit, number: number): string {
  return `${unit.division.code}${String(number).padStart(3, '0')}`;
}

/** Buildings and dwellings of one grid; each is computed from its index alone. */
export function layOut(grid: Grid): Layout {
  const form = formOf(grid.unit);
  const perBuilding = form.floors * form.entrances * form.doors;
  const buildings = Math.max(1, Math.ceil(grid.households / OCCUPIED / perBuilding));
  const dwellings = buildings * perBuilding;
  const step = coprimeStep(dwellings);
  const site: Site = { grid, form, perBuilding };
  return {
    grid,
    buildings,
    dwellings,
    building: (index) => buildingAt(site, index),
    dwelling: (index) => dwellingAt(site, index),
    homeOf: (k) => (k * step) % dwellings,
  };
}

interface Site {
  grid: Grid;
  form: Form;
  perBuilding: number;
}

/** A step that visits every dwelling once, so that empty ones are spread among the others. */
function coprimeStep(size: number): number {
  const divides = (a: number, b: number): number => (b === 0 ? a : divides(b, a % b));
  let step = Math.max(1, Math.floor(size * 0.382));
  while (divides(step, size) !== 1) step++;
  return step;
}

function buildingAt({ grid, form, perBuilding }: Site, index: number): Building {
  const { unit } = grid;
  const compound = Math.ceil(grid.number / GRIDS_PER_COMPOUND);
  // Numbers continue through the grids of a compound; a lawful grid fills at most nine buildings.
  const within = ((grid.number - 1) % GRIDS_PER_COMPOUND) * 10 + index + 1;
  const number = unit.urban ? within : (grid.number - 1) * 600 + index + 1;
  const parent = unit.urban ? compoundCode(unit, compound) : `${unit.division.code}000`;
  return {
    code: `${parent}${String(number).padStart(unit.urban ? 4 : 7, '0')}`,
    compoundCode: unit.urban ? parent : undefined,
    name: unit.urban ? `${number}号楼` : `${unit.name}${number}号`,
    floors: form.floors,
    entrances: form.entrances,
    dwellings: perBuilding,
    point: pointOf(grid, index),
  };
}

function dwellingAt(site: Site, index: number): Dwelling {
  const { grid, form, perBuilding } = site;
  const building = buildingAt(site, Math.floor(index / perBuilding));
  const inBuilding = index % perBuilding;
  const entrance = 1 + Math.floor(inBuilding / (form.floors * form.doors));
  const floor = 1 + (Math.floor(inBuilding / form.doors) % form.floors);
  const room = `${floor}${String(1 + (inBuilding % form.doors)).padStart(2, '0')}`;
  const { unit } = grid;
  const compound = unit.urban ? compoundName(unit, Math.ceil(grid.number / GRIDS_PER_COMPOUND)) : '';
  return {
    houseCode: `${building.code}-${unit.urban ? entrance : 0}-${room}`, // as in ingest/derive: 0 where a house has no entrances
    buildingCode: building.code,
    unit: unit.urban ? String(entrance) : undefined,
    room,
    areaM2: (unit.urban ? 62 + ((index * 37) % 760) / 10 : 96 + ((index * 53) % 900) / 10).toFixed(2),
    realEstateUnitNo: realEstateUnitNo(grid, index),
    address: unit.urban
      ? `${unit.prefix}${compound}${building.name}${entrance}单元${room}室`
      : `${unit.prefix}${building.name}`,
  };
}

function compoundName(unit: Unit, number: number): string {
  return unit.gridCount <= GRIDS_PER_COMPOUND ? `${unit.name}小区` : `${unit.name}${chineseNumber(number)}区`;
}

/** 28 characters: district (a county code that was never assigned), cadastral zones, GB + parcel, F + dwelling. */
function realEstateUnitNo(grid: Grid, index: number): string {
  const code = grid.unit.division.code;
  const dwelling = String(grid.number * 10_000 + index).padStart(8, '0');
  return `370399${code.slice(6, 9)}${code.slice(9)}GB00001F${dwelling}`;
}

/** Grids fill rows of cells about 500 m wide, inside the district's real extent; a township's cells are adjacent. */
export function cellOf(grid: Grid): { west: number; south: number; width: number; height: number } {
  const code = grid.unit.division.code;
  const township = Number(code.slice(6, 9)) % 17;
  const place = (Number(code.slice(9)) % 60) + (grid.number - 1) * 0.11;
  const west = 117.9 + (township % 5) * 0.05 + (Math.floor(place) % 8) * 0.006 + ((grid.number - 1) % 3) * 0.0018;
  const south =
    36.74 + Math.floor(township / 5) * 0.035 + Math.floor(place / 8) * 0.0045 + (((grid.number - 1) / 3) | 0) * 0.0015;
  return { west, south, width: 0.0017, height: 0.0014 };
}

function pointOf(grid: Grid, index: number): readonly [number, number] {
  const cell = cellOf(grid);
  const across = ((index % 20) + 0.5) / 20;
  const up = ((Math.floor(index / 20) % 30) + 0.5) / 30;
  return [round6(cell.west + cell.width * across), round6(cell.south + cell.height * up)];
}

export function round6(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}

export function chineseNumber(n: number): string {
  const digits = '零一二三四五六七八九';
  if (n >= 100) return String(n);
  const tens = Math.floor(n / 10);
  const ones = n % 10;
  return `${tens > 1 ? digits[tens] : ''}${tens > 0 ? '十' : ''}${ones > 0 || n === 0 ? digits[ones] : ''}`;
}

export function* gridsOf(plan: PopulationPlan): Generator<Grid> {
  for (const unit of plan.units) {
    for (let number = 1; number <= unit.gridCount; number++) yield plan.grid(unit, number);
  }
}
