import { loadStandard } from '../standard/standard.js';
import { cellOf, chineseNumber, gridsOf, round6 } from './dwellings.js';
import { chiefOf } from './managers.js';
import type { Grid, Plan } from './plan.js';
import type { Row } from './row.js';

/** 网格化服务中心 and 大数据中心: where things are. */
export const GRID_HEADINGS = [
  '网格编号',
  '网格名称',
  '所属社区',
  '城乡',
  '网格类别',
  '户数',
  '人数',
  '面积',
  '网格长',
  '监督电话',
  '边界',
];
export const DIVISION_HEADINGS = ['区划代码', '名称', '级别', '上级代码', '城乡属性', '实际管理单位', '类似村居'];

const METRES_PER_DEGREE = { east: 89_200, north: 111_000 };

export function* gridRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    const cell = cellOf(grid);
    const area = cell.width * METRES_PER_DEGREE.east * cell.height * METRES_PER_DEGREE.north;
    const chief = chiefOf(plan, grid.code);
    yield [
      grid.code,
      `${grid.unit.name}第${chineseNumber(grid.number)}网格`,
      grid.unit.division.code,
      grid.unit.urban ? '城镇' : '农村',
      '基础网格',
      grid.households,
      grid.persons,
      area.toFixed(2),
      chief.name,
      chief.phone,
      boundaryOf(grid),
    ];
  }
}

/** A closed ring, counter-clockwise (RFC 7946). */
function boundaryOf(grid: Grid): Record<string, unknown> {
  const { west, south, width, height } = cellOf(grid);
  const [w, s, e, n] = [west, south, west + width, south + height].map(round6) as [number, number, number, number];
  const ring = [
    [w, s],
    [e, s],
    [e, n],
    [w, n],
    [w, s],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}

const LEVELS: Readonly<Record<number, string>> = { 6: '县区', 9: '乡镇街道', 12: '社区村' };
const SETTLEMENTS: Readonly<Record<string, string>> = { urban: '城镇', rural: '农村' };

/** The real divisions, as the standard has them. */
export function* divisionRows(): Generator<Row> {
  for (const division of loadStandard().divisions.values()) {
    yield [
      division.code,
      division.name,
      LEVELS[division.code.length],
      division.parent,
      division.settlement === undefined ? undefined : SETTLEMENTS[division.settlement],
      division.administeredBy,
      division.quasi ? '是' : '否',
    ];
  }
}
