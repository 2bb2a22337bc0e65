import type { Test } from 'tap';
import { CITY_PATH } from '../../src/demo/systems/city-interface.js';
import type { DepartmentSystem } from '../../src/demo/systems/department-system.js';

/** A dataset that the sub-bureau proxies is asked of the city, for a case and by an operator. `token`: of subsidy-app. */
export async function checkAskedLive(
  t: Test,
  { baseUrl, token, systems }: { baseUrl: string; token: string; systems: readonly DepartmentSystem[] },
): Promise<void> {
  const authorization = `Bearer ${token}`;
  const known = await fetch(`${baseUrl}/data/police/resident/v1/rows?_limit=1`, { headers: { authorization } });
  const person = ((await known.json()) as { data: Record<string, string>[] }).data[0]!;
  const check = (stated: Record<string, string>) =>
    fetch(`${baseUrl}/data/police/resident-check/v1/rows/lookup`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...stated },
      body: JSON.stringify({ keys: [person.id_number, '370399190001010011'] }),
    });
  t.equal((await check({})).status, 403, 'not without a case');
  const reply = await check({ 'exchange-case': 'SQ-2026-0001', 'exchange-operator': '007' });
  const { name, born, gender, status } = person;
  t.match(await reply.json(), { data: [{ row: { name, born, gender, status } }, { found: false }], release: null });
  const { host, port } = systems.find((system) => system.name === 'city-check')!.draft;
  t.equal((await fetch(`http://${host}:${port}${CITY_PATH}`, { method: 'POST' })).status, 401, 'nor by anyone else');
}
