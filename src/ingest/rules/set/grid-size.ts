import type { GridSize } from '../../../standard/places.js';
import { loadStandard } from '../../../standard/standard.js';
import type { FindingRule } from '../rule.js';

const URBAN = '1';

/** A grid has as many households as the standard's `grid-sizes.csv` says. 专属网格 (a school, a market) have none. */
export const gridSize: FindingRule = {
  kind: 'finding',
  name: 'grid-size',
  get title() {
    const sizes = loadStandard().gridSizes;
    const [least, most] = [Math.min(...sizes.map((size) => size.least)), Math.max(...sizes.map((size) => size.most))];
    const urban = sizeOf(true).most;
    return {
      zh: `网格规模 ${least}–${most} 户，城市不超过 ${urban} 户`,
      en: `Grids have ${least} to ${most} households, urban ones at most ${urban}`,
    };
  },
  severity: 'finding',
  dimension: 'conformity',
  get basis() {
    return sizeOf(true).basis;
  },
  entities: ['grid'],
  found(datasets) {
    const amiss = loadStandard()
      .gridSizes.map(
        ({ kind, settlement, least, most }) =>
          `kind = '${kind}' AND settlement = '${settlement}' AND households_count NOT BETWEEN ${least} AND ${most}`,
      )
      .join(' OR ');
    const parts = datasets('grid')
      .filter(({ contract: { fields } }) =>
        ['code', 'division_code', 'settlement', 'kind', 'households_count'].every((name) => fields.has(name)),
      )
      .map(
        ({ rows }) => `SELECT row_id, code AS subject, division_code, households_count, settlement = '${URBAN}' AS urban
          FROM ${rows} g WHERE ${amiss}`,
      );
    return parts.length === 0 ? undefined : parts.join(' UNION ALL ');
  },
  detail({ households_count: households, urban }) {
    const { least, most } = sizeOf(urban === true);
    return {
      zh: `${urban ? '城市' : '农村'}网格 ${households} 户，应为 ${least}–${most} 户`,
      en: `${urban ? 'urban' : 'rural'} grid of ${households} households instead of ${least} to ${most}`,
    };
  },
};

/** The size of a basic grid. */
function sizeOf(urban: boolean): GridSize {
  const size = loadStandard().gridSizes.find(({ settlement }) => (settlement === URBAN) === urban);
  if (size === undefined) throw new Error('grid-sizes.csv has no line for towns or for villages.');
  return size;
}
