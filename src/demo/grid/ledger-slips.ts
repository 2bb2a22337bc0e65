import { type Random, weighted } from '../files/random.js';
import { misheard } from '../people/homophones.js';
import { isoDate, phoneOf } from '../people/identity-numbers.js';
import type { Sex } from '../people/names.js';
import { AS_OF_DAY } from '../people/population.js';
import { layOut } from '../places/dwellings.js';
import type { Grid } from '../places/plan.js';

/** What a grid worker writes about a person, with possible errors. */
export interface Seen {
  name: string;
  sex: Sex;
  /** YYYY-MM-DD */
  born: string;
  phone: string | undefined;
  address: string;
}

/** Share of people whose ledger entry differs from the register (数据打架). */
const SHARE = 0.0105;

const pickSlip = weighted<keyof typeof SLIPS>([
  ['name', 26],
  ['moved', 30],
  ['phone', 25],
  ['born', 12],
  ['sex', 7],
]);

const SLIPS = {
  name: (random, seen) => {
    const name = misheard(random, seen.name);
    return name === undefined ? undefined : { ...seen, name };
  },
  moved: (random, seen, grid) => {
    const layout = layOut(grid);
    const { address } = layout.dwelling(random.below(layout.dwellings));
    return address === seen.address ? undefined : { ...seen, address };
  },
  phone: (random, seen) => (seen.phone === undefined ? undefined : { ...seen, phone: phoneOf(random) }),
  born: (random, seen) => ({ ...seen, born: offByADigit(random, seen.born) }),
  sex: (_random, seen) => ({ ...seen, sex: seen.sex === 'male' ? 'female' : 'male' }),
} satisfies Record<string, (random: Random, seen: Seen, grid: Grid) => Seen | undefined>;

/** The same, or for about one in a hundred with one error or newer fact. */
export function seenBy(random: Random, seen: Seen, grid: Grid): Seen {
  if (!random.chance(SHARE)) return seen;
  return SLIPS[pickSlip(random)](random, seen, grid) ?? { ...seen, born: offByADigit(random, seen.born) };
}

/** Changes one digit of the year, month or day; the result is a real day. */
function offByADigit(random: Random, born: string): string {
  for (;;) {
    const at = random.pick([3, 6, 9]);
    const wrong = born.slice(0, at) + String(random.below(10)) + born.slice(at + 1);
    const day = Date.parse(wrong) / 86_400_000;
    if (wrong !== born && day <= AS_OF_DAY && isoDate(day) === wrong) return wrong;
  }
}
