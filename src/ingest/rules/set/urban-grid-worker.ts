import type { ReleasedDataset } from '../../../catalog/released.js';
import type { FindingRule } from '../rule.js';

const URBAN = `'1'`;

/** Every urban grid has a full-time worker, in any dataset of grid workers. */
export const urbanGridWorker: FindingRule = {
  kind: 'finding',
  name: 'urban-grid-worker',
  title: { zh: '城市网格至少配备一名专职网格员', en: 'Every urban grid has a full-time worker' },
  severity: 'finding',
  dimension: 'consistency',
  basis: 'GB/T 34300-2017；城市社区每个网格至少配备一名专职网格员',
  entities: ['grid', 'grid_worker'],
  found(datasets) {
    const has =
      (...names: string[]) =>
      ({ contract }: ReleasedDataset) =>
        names.every((name) => contract.fields.has(name));
    const grids = datasets('grid').filter(has('code', 'division_code', 'settlement'));
    const workers = datasets('grid_worker').filter(has('grid_code', 'full_time'));
    if (grids.length === 0 || workers.length === 0) return undefined;
    const none = workers
      .map(({ rows }) => `NOT EXISTS (SELECT FROM ${rows} w WHERE w.grid_code = g.code AND w.full_time)`)
      .join(' AND ');
    return grids
      .map(
        ({ rows }) =>
          `SELECT row_id, code AS subject, division_code FROM ${rows} g WHERE settlement = ${URBAN} AND ${none}`,
      )
      .join(' UNION ALL ');
  },
  detail: () => ({ zh: '没有专职网格员', en: 'no full-time worker' }),
};
