import { loadStandard } from '../../standard/standard.js';
import type { StandardRow } from '../files/standard-row.js';
import { cellOf, chineseNumber, gridsOf, round6 } from './dwellings.js';
import type { Grid, PopulationPlan } from './plan.js';
import { chiefOf } from './property-companies.js';

/** Code of `grid-kind`. */
const BASIC = '1';
const METRES_PER_DEGREE = { east: 89_200, north: 111_000 };

export function* gridRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    const cell = cellOf(grid);
    const area = cell.width * METRES_PER_DEGREE.east * cell.height * METRES_PER_DEGREE.north;
    const chief = chiefOf(plan, grid.code);
    yield {
      code: grid.code,
      name: `${grid.unit.name}第${chineseNumber(grid.number)}网格`,
      division_code: grid.unit.division.code,
      settlement: grid.unit.urban ? '1' : '2',
      kind: BASIC,
      households_count: grid.households,
      persons_count: grid.persons,
      area_m2: area.toFixed(2),
      chief_name: chief.name,
      supervision_phone: chief.phone,
      boundary: boundaryOf(grid),
    };
  }
}

/** A closed ring, counter-clockwise (RFC 7946). */
function boundaryOf(grid: Grid): Record<string, unknown> {
  const { west, south, width, height } = cellOf(grid);
  const [w, s, e, n] = [round6(west), round6(south), round6(west + width), round6(south + height)];
  const ring = [
    [w, s],
    [e, s],
    [e, n],
    [w, n],
    [w, s],
  ];
  return { type: 'Polygon', coordinates: [ring] };
}

/** By digits of a division's code: code of `division-level`. */
const LEVELS: Readonly<Record<number, string>> = { 6: '3', 9: '4', 12: '5' };
const SETTLEMENTS: Readonly<Record<string, string>> = { urban: '1', rural: '2' };

/** The real divisions of the standard. */
export function* divisionRows(): Generator<StandardRow> {
  for (const division of loadStandard().divisions.values()) {
    yield {
      code: division.code,
      name: division.name,
      level: LEVELS[division.code.length],
      parent_code: division.parent,
      settlement: division.settlement === undefined ? undefined : SETTLEMENTS[division.settlement],
      administered_by: division.administeredBy,
      quasi: division.quasi,
    };
  }
}
