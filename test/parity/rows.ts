import { residentIdCheck } from '../../src/standard/identifier.js';

/** A row as stored: values by the field's own name, absent ones null. */
export type Row = Record<string, unknown>;

export const DIVISIONS = ['370303104003', '370303104002', '370303107001', '370303001001', '3703031040'];
const GRIDS = ['370303104003001', '370303104003002', '370303104002001', '370303001001001', '370303107001001'];
/** Names that would mean something to LIKE, to JSON, to SQL or to a spreadsheet, and some that sort apart by code point. */
const NAMES = [
  '王建国',
  '王建',
  '李秀英',
  "O'Brien",
  '张%伟',
  '孙_静',
  'a"b\\c',
  '=1+1',
  '𠮷野家',
  'Ａ王',
  'zZ',
  'Zz',
  '买买提·艾力',
  '王 建国',
];

/** The same numbers for the same seed (mulberry32), so that a failure can be run again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A number that passes the checksum, under county code 370399, which was never assigned. */
function residentId(born: string, sequence: number): string {
  const digits = `370399${born.replaceAll('-', '')}${String(sequence).padStart(3, '0')}`;
  return digits + residentIdCheck(digits);
}

/** `years` ago today, moved by `days`. */
function ago(today: string, years: number, days: number): string {
  const [year, month, day] = today.split('-').map(Number);
  return new Date(Date.UTC(year! - years, month! - 1, day! + days)).toISOString().slice(0, 10);
}

/** Rows of five datasets that refer to one another, with holes: children, numbers of no resident, absent values, references to nothing. */
export function makeRows(today: string, seed = 20_261_124): Record<string, Row[]> {
  const next = numbers(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!;
  const maybe = <T>(value: () => T, share = 0.7): T | null => (next() < share ? value() : null);
  const born = (i: number): string =>
    [ago(today, 14, 0), ago(today, 14, 1), ago(today, 14, -1), '2012-02-29', '1950-12-31'][i] ??
    ago(today, Math.floor(next() * 90), -Math.floor(next() * 365));
  const grid = GRIDS.map((code, i) => ({
    code,
    name: `第${i + 1}网格`,
    division_code: code.slice(0, 12),
    settlement: i % 2 === 0 ? '1' : '2',
    kind: pick(['1', '2']),
    households_count: 300 + i,
    persons_count: maybe(() => 900 + i),
    area_m2: maybe(() => `${1_000 * i}.50`),
    chief_name: maybe(() => pick(NAMES)),
    supervision_phone: null,
    boundary: null,
  }));
  const building = Array.from({ length: 12 }, (_, i) => ({
    code: `B${String(i).padStart(i < 6 ? 2 : 3, '0')}`,
    compound_code: maybe(() => pick(['C1', 'C10', 'C2'])),
    name: `${pick(NAMES)}${i}号楼`,
    floors: maybe(() => Math.floor(next() * 33)),
    units: maybe(() => 1 + Math.floor(next() * 4)),
    households_count: maybe(() => Math.floor(next() * 80)),
    chief_name: maybe(() => pick(NAMES)),
    chief_phone: maybe(() => pick(['13812345678', '0533-2180000', '190533'])),
    division_code: pick(DIVISIONS),
    grid_code: maybe(() => pick(GRIDS)),
    point: maybe(() => ({ type: 'Point', coordinates: [118.05, 36.75] })),
  }));
  const house = Array.from({ length: 40 }, (_, i) => ({
    house_code: `H${i % 3}${i}`,
    real_estate_unit_no: maybe(() => `370303${String(i).padStart(6, '0')}GB00001F00010001`, 0.3),
    building_code: pick([...building.map(({ code }) => code), 'B999']),
    unit: maybe(() => pick(['1', '2', '一'])),
    room: String(101 + i),
    area_m2: maybe(() => `${Math.floor(next() * 200)}.${pick(['00', '05', '50'])}`),
    use: maybe(() => pick(['01', '02', '99'])),
    division_code: pick(DIVISIONS),
    grid_code: maybe(() => pick(GRIDS)),
    address_code: null,
  }));
  // Where a house has no grid its building's is derived at landing: the model's rows are those that land.
  const gridOf = new Map(building.map(({ code, grid_code }) => [code, grid_code]));
  for (const row of house) row.grid_code ??= gridOf.get(row.building_code) ?? null;
  const household = Array.from({ length: 45 }, (_, i) => ({
    county: pick(['370303', '370399']),
    household_no: String(i).padStart(9, '0'),
    kind: pick(['1', '2']),
    head_id: maybe(() => residentId(born(100 + i), 500 + i)),
    head_name: maybe(() => pick(NAMES)),
    address: maybe(() => `和平路${i}号`),
    division_code: pick(DIVISIONS),
    house_code: maybe(() => pick([...house.map((row) => row.house_code), 'H-none'])),
    members_count: Math.floor(next() * 9),
  }));
  const resident = Array.from({ length: 150 }, (_, i) => {
    const day = born(i);
    const foreign = i % 23 === 5;
    const home = pick(household);
    return {
      id_kind: foreign ? '414' : pick(['111', '113']),
      id_number: foreign ? `E${10_000_000 + i}` : residentId(day, i),
      name: pick(NAMES),
      former_name: null,
      foreign_name: null,
      gender: pick(['1', '2']),
      born: day,
      ethnic_group: maybe(() => pick(['01', '03', '11'])),
      nationality: null,
      native_place: null,
      birth_division: null,
      marital_status: maybe(() => pick(['10', '20', '40'])),
      education: maybe(() => pick(['10', '40', '90'])),
      political_status: null,
      occupation: maybe(() => pick(['教师', '农民'])),
      workplace: null,
      phone: maybe(() => pick([`1990533${String(i).padStart(4, '0')}`, '0533-2180000', '86-1'])),
      registered_division: pick(DIVISIONS),
      registered_address: maybe(() => `共青团路${i}号`),
      residence_division: pick(DIVISIONS),
      residence_address: maybe(() => `柳泉路${i}号`),
      address_code: null,
      grid_code: maybe(() => pick([...GRIDS, '370399000000000'])),
      residence_consistency: maybe(() => pick(['01', '02'])),
      household_county: maybe(() => home.county, 0.9),
      household_no: maybe(() => home.household_no, 0.9),
      relation_to_head: maybe(() => pick(['02', '12', '20'])),
      head_id: maybe(() => residentId('1960-06-06', 900)),
      police_station: null,
      status: pick(['0', '0', '0', '1', '8']),
      status_on: null,
    };
  });
  return {
    'grid-center/grid': grid,
    'housing/building': building,
    'housing/house': house,
    'police/household': household,
    'police/resident': resident,
  };
}
