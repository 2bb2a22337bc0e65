import { liveTable } from '../../../catalog/table.js';
import type { FindingRule } from '../rule.js';
import { releasedContracts } from './released-contracts.js';

const LEAST = 300;
const MOST = { urban: 350, rural: 500 };
const URBAN = `'1'`;
/** 专属网格 (a school, a market) has no families. */
const BASIC = `'1'`;

/** 300 to 500 households, urban at most 350, rural at most 500. */
export const gridSize: FindingRule = {
  kind: 'finding',
  name: 'grid-size',
  title: {
    zh: '网格规模 300–500 户，城市不超过 350 户',
    en: 'Grids have 300 to 500 households, urban ones at most 350',
  },
  severity: 'finding',
  dimension: 'conformity',
  basis: 'GB/T 34300-2017；300–500 户一格，城市不超过 350 户，农村不超过 500 户',
  entities: ['grid'],
  found(places) {
    const parts = releasedContracts(places, 'grid')
      .filter(({ fields }) =>
        ['code', 'division_code', 'settlement', 'kind', 'households_count'].every((name) => fields.has(name)),
      )
      .map(
        (contract) => `SELECT row_id, code AS subject, division_code, households_count, settlement = ${URBAN} AS urban
          FROM ${liveTable(contract)} WHERE kind = ${BASIC} AND (households_count < ${LEAST}
            OR households_count > CASE WHEN settlement = ${URBAN} THEN ${MOST.urban} ELSE ${MOST.rural} END)`,
      );
    return parts.length === 0 ? undefined : parts.join(' UNION ALL ');
  },
  detail({ households_count: households, urban }) {
    const most = urban ? MOST.urban : MOST.rural;
    return {
      zh: `${urban ? '城市' : '农村'}网格 ${households} 户，应为 ${LEAST}–${most} 户`,
      en: `${urban ? 'urban' : 'rural'} grid of ${households} households instead of ${LEAST} to ${most}`,
    };
  },
};
