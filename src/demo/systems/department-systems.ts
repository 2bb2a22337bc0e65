import type { Clock } from '../../platform/clock.js';
import { openCityInterface } from './city-interface.js';
import type { DepartmentSystem } from './department-system.js';
import { openGridPlatform } from './grid-platform.js';
import { type HousingSystemOf, openHousingSystem } from './housing-system.js';

/** Opens every system that contracts of the demo name; `say` reports unavailable ones. The caller closes them. */
export async function openDepartmentSystems(
  of: HousingSystemOf,
  clock: Clock,
  say: (line: string) => void,
): Promise<readonly DepartmentSystem[]> {
  const opened: DepartmentSystem[] = [];
  try {
    opened.push(await openCityInterface(of, clock), await openGridPlatform(of, clock));
    const housing = await openHousingSystem(of, clock);
    if (housing !== undefined) opened.push(housing);
    else say("Demo: housing/device stays empty: the database's user may make no database for the department.");
    return opened;
  } catch (error) {
    await closeSystems(opened);
    throw error;
  }
}

export async function closeSystems(systems: readonly DepartmentSystem[]): Promise<void> {
  await Promise.all(systems.map((system) => system.close()));
}
