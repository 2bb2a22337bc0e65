import { randomOf } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { populate } from '../people/population.js';
import { gridsOf } from '../places/dwellings.js';
import type { PopulationPlan } from '../places/plan.js';
import { tenures } from '../places/tenure.js';
import { workersOf } from './workers.js';

/** Codes of `volunteer-skill`. */
const SKILLS = ['01', '02', '03', '04', '05', '06', '07', '99'] as const;
/** Share of all people from 16 to 70. */
const VOLUNTEERS = 0.04;

export function* workerRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    for (const { number, name, post, fullTime, phone, since } of workersOf(plan, grid)) {
      yield {
        worker_no: number,
        name,
        grid_code: grid.code,
        post,
        full_time: fullTime,
        phone,
        on_duty_from: since,
        division_code: grid.unit.division.code,
      };
    }
  }
}

export function* volunteerRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'volunteers');
  let sequence = 0;
  for (const { persons, grid } of populate(plan)) {
    for (const { age, idNumber, name } of persons) {
      if (age < 16 || age > 70 || !random.chance(VOLUNTEERS)) continue;
      const first = random.below(SKILLS.length);
      const skills = random.chance(0.4) ? [first, (first + 1 + random.below(7)) % SKILLS.length] : [first];
      yield {
        volunteer_no: `ZY370399${String(++sequence).padStart(8, '0')}`,
        id_number: idNumber,
        name,
        division_code: grid.unit.division.code,
        skills: skills.map((skill) => SKILLS[skill] ?? '99'),
        hours: (random.below(4_000) / 10).toFixed(1),
      };
    }
  }
}

/** All residents, registered or not: more than the households of the register. */
export function* dwellingRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const { house, persons, grid } of tenures(plan)) {
    const head = persons[0];
    if (head === undefined) continue;
    yield {
      house_code: house.houseCode,
      head_id: head.idNumber,
      members_count: persons.length,
      division_code: grid.unit.division.code,
      grid_code: grid.code,
    };
  }
}
