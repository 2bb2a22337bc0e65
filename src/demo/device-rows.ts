import { type Building, cellOf, gridsOf, layOut, round6 } from './dwellings.js';
import type { Grid, Plan } from './plan.js';
import { type Random, randomOf, weighted } from './random.js';
import type { Row } from './row.js';

/** Columns of the housing authority's own table: 设备编号, 设备类型, 小区编码, 社区编码, 安装位置, 接入协议, 设备状态. */
export const DEVICE_HEADINGS = ['sbbh', 'sblx', 'xqbm', 'sqbm', 'azwz', 'jrxy', 'sbzt'];

/** Its letters, which are the authority's code of a kind and stand in a device's number, and how it speaks. */
type Kind = readonly [letters: string, protocol: string];

const CAMERA: Kind = ['SX', 'GB/T 28181'];
const DOOR: Kind = ['MJ', 'MQTT'];
const SMOKE: Kind = ['YG', 'NB-IoT'];
const GAUGE: Kind = ['SW', 'NB-IoT'];
const LIFT: Kind = ['DT', 'MQTT'];
const CHARGER: Kind = ['CD', 'MQTT'];

const CAMERAS_PER_VILLAGE_GRID = 6;
const pickStatus = weighted([
  ['在线', 91],
  ['离线', 5],
  ['故障', 3],
  ['停用', 1],
]);

export function* deviceRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `devices ${grid.code}`);
    yield* grid.unit.urban ? ofCompound(grid, random) : ofVillage(grid, random);
  }
}

function* ofCompound(grid: Grid, random: Random): Generator<Row> {
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

function* ofVillage(grid: Grid, random: Random): Generator<Row> {
  yield* devices(grid, { kind: CAMERA, count: CAMERAS_PER_VILLAGE_GRID }, random);
  yield* devices(grid, { kind: GAUGE, count: 1 }, random);
}

function* devices(
  grid: Grid,
  { kind: [letters, protocol], count, building }: { kind: Kind; count: number; building?: Building },
  random: Random,
): Generator<Row> {
  for (let n = 1; n <= count; n++) {
    yield [
      `${building?.code ?? grid.code}${letters}${String(n).padStart(2, '0')}`,
      letters,
      building?.compoundCode,
      grid.unit.division.code,
      (building?.point ?? somewhereIn(grid, random)).join(','),
      protocol,
      pickStatus(random),
    ];
  }
}

/** Longitude and latitude within the grid. */
export function somewhereIn(grid: Grid, random: Random): readonly [number, number] {
  const { west, south, width, height } = cellOf(grid);
  return [round6(west + width * random.real()), round6(south + height * random.real())];
}
