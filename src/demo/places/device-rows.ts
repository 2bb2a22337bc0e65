import { type Random, randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { type Building, cellOf, gridsOf, layOut, round6 } from './dwellings.js';
import type { Grid, PopulationPlan } from './plan.js';

/** Code of `device-kind`, the letters in a device's number, and its protocol. */
type Kind = readonly [code: string, letters: string, protocol: string];

const CAMERA: Kind = ['01', 'SX', 'GB/T 28181'];
const DOOR: Kind = ['02', 'MJ', 'MQTT'];
const SMOKE: Kind = ['03', 'YG', 'NB-IoT'];
const GAUGE: Kind = ['04', 'SW', 'NB-IoT'];
const LIFT: Kind = ['05', 'DT', 'MQTT'];
const CHARGER: Kind = ['06', 'CD', 'MQTT'];

const CAMERAS_PER_VILLAGE_GRID = 6;
const pickStatus = weighted([
  ['1', 91],
  ['2', 5],
  ['3', 3],
  ['4', 1],
]);

export function* deviceRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `devices ${grid.code}`);
    yield* grid.unit.urban ? ofCompound(grid, random) : ofVillage(grid, random);
  }
}

function* ofCompound(grid: Grid, random: Random): Generator<StandardRow> {
  const layout = layOut(grid);
  for (let i = 0; i < layout.buildings; i++) {
    const building = layout.building(i);
    const at = (kind: Kind, count: number) => devices(grid, { kind, count, building }, random);
    yield* at(CAMERA, 2);
    yield* at(DOOR, building.entrances);
    yield* at(SMOKE, building.entrances);
    if (building.floors > 6) yield* at(LIFT, building.entrances);
    if (i % 3 === 0) yield* at(CHARGER, 4);
  }
}

function* ofVillage(grid: Grid, random: Random): Generator<StandardRow> {
  yield* devices(grid, { kind: CAMERA, count: CAMERAS_PER_VILLAGE_GRID }, random);
  yield* devices(grid, { kind: GAUGE, count: 1 }, random);
}

function* devices(
  grid: Grid,
  { kind: [kind, letters, protocol], count, building }: { kind: Kind; count: number; building?: Building },
  random: Random,
): Generator<StandardRow> {
  for (let n = 1; n <= count; n++) {
    yield {
      device_no: `${building?.code ?? grid.code}${letters}${String(n).padStart(2, '0')}`,
      kind,
      compound_code: building?.compoundCode,
      division_code: grid.unit.division.code,
      point: building?.point ?? somewhereIn(grid, random),
      protocol,
      status: pickStatus(random),
    };
  }
}

/** Longitude and latitude within the grid. */
export function somewhereIn(grid: Grid, random: Random): readonly [number, number] {
  const { west, south, width, height } = cellOf(grid);
  return [round6(west + width * random.real()), round6(south + height * random.real())];
}
