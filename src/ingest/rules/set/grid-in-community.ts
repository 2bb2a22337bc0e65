import type { RowRule } from '../rule.js';

/** A grid's code begins with its community's code; where a row has both a grid and a division, they agree. */
export const gridInCommunity: RowRule = {
  kind: 'row',
  name: 'grid-in-community',
  title: { zh: '网格属于一个社区（村）', en: 'A grid belongs to one community' },
  severity: 'warning',
  dimension: 'consistency',
  basis: 'GB/T 34300-2017；网格编码 = 12 位社区（村）代码 + 3 位',
  tests({ entity, fields }) {
    const grid = entity === 'grid' ? 'code' : 'grid_code';
    const division = fields.has('residence_division') ? 'residence_division' : 'division_code';
    const names = [...fields.keys()];
    const [gridAt, divisionAt] = [names.indexOf(grid), names.indexOf(division)];
    if (gridAt < 0 || divisionAt < 0) return [];
    return [
      {
        field: grid,
        violated(values) {
          const code = values[gridAt];
          const community = values[divisionAt];
          return typeof code === 'string' && typeof community === 'string' && !code.startsWith(community);
        },
      },
    ];
  },
};
