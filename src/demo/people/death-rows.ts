import { randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { openDeaths } from './deaths.js';
import { isoDate } from './identity-numbers.js';
import { populate } from './population.js';

/** 民政 (殡葬): people cremated or with a medical certificate, by community. Codes of `death-source`. */
const CREMATED = '2';
const pickSource = weighted([
  [CREMATED, 84],
  ['3', 12],
  ['1', 4],
]);

export function* deathRows(plan: PopulationPlan): Generator<StandardRow> {
  const deathsOf = openDeaths(plan);
  const random = randomOf(plan.seed, 'death source');
  for (const household of populate(plan)) {
    for (const { idNumber, diedDay, person } of deathsOf(household)) {
      // The register is not the source for a person whom it still holds.
      const source = person === undefined ? pickSource(random) : CREMATED;
      yield {
        id_number: idNumber,
        died_on: isoDate(diedDay),
        source,
        division_code: household.grid.unit.division.code,
      };
    }
  }
}
