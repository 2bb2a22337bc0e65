import type { Clock } from '../../platform/clock.js';
import { demoContract } from '../files/demo-contracts.js';
import { ownRecord, publisherWords } from '../files/publisher-words.js';
import { organizationRows } from '../places/organization-rows.js';
import { planPopulation } from '../places/plan.js';
import type { DepartmentSystem } from './department-system.js';
import { type InterfaceAnswer, openInterface } from './loopback-interface.js';

const PATH = '/api/units';
const PAGE_ROWS = 200;
const ROWS_IN_A_TURN = 200;

/**
 * 网格化服务平台: the grid center's own platform, where grid workers register organisations; its programmers chose the names.
 * `GET /api/units?after=200` → `{"code": 0, "data": {"list": [{"unifiedCode": …}], "next": "/api/units?after=400"}}`,
 * the last page without `next`.
 */
export function openGridPlatform(of: { people: number; seed: number }, clock: Clock): Promise<DepartmentSystem> {
  let units: Promise<readonly object[]> | undefined;
  return openInterface({ publisher: 'grid-center', name: 'grid-platform' }, clock, async ({ method, url }) => {
    const asked = new URL(url ?? '/', 'http://grid-platform.invalid');
    if (method !== 'GET' || asked.pathname !== PATH) return { status: 404, body: { code: 404, data: null } };
    units ??= readUnits(of);
    return pageOf(await units, Number(asked.searchParams.get('after') ?? '0'));
  });
}

function pageOf(units: readonly object[], after: number): InterfaceAnswer {
  if (!Number.isInteger(after) || after < 0) return { status: 400, body: { code: 400, data: null } };
  const until = after + PAGE_ROWS;
  const next = until < units.length ? { next: `${PATH}?after=${until}` } : {};
  return { status: 200, body: { code: 0, data: { list: units.slice(after, until), ...next } } };
}

/** Built at the first request, a few hundred per turn, because the exchange runs in the same process. */
async function readUnits({ people, seed }: { people: number; seed: number }): Promise<readonly object[]> {
  const words = publisherWords(await demoContract('grid-center/organization'), { spelling: 'last' });
  const units: object[] = [];
  for (const row of organizationRows(planPopulation(people, seed))) {
    units.push(ownRecord(words, row));
    if (units.length % ROWS_IN_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return units;
}
