import { itemAt } from '../../platform/known.js';
import { residentIdCheck } from '../../standard/identifier.js';
import type { Random } from '../files/random.js';
import type { Sex } from './names.js';

/** County codes that GB/T 2260 never assigned: district, rest of Zibo, elsewhere. No number here can be anyone's. */
export const SYNTHETIC_COUNTIES = ['370399', '370398', '379999'] as const;
export type SyntheticCounty = (typeof SYNTHETIC_COUNTIES)[number];

/** No operator has the segment 154. */
const PHONE_SEGMENT = '154';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(1910, 0, 1) / DAY_MS;
const DAYS = 45_000;
/** A county has 1,000 sequence numbers a day, odd for men, even for women (GB 11643). */
const PER_DAY_AND_SEX = 500;
/** Ranges of sequence numbers by roll. The rolls are disjoint, so a file does not need another file's people. */
const ROLLS = { residents: [0, 440], departed: [440, 470], migrants: [470, PER_DAY_AND_SEX] } as const;
export type Roll = keyof typeof ROLLS;

/** Gives each (county, birth date, sex) its next number, never the same twice. Memory: one counter per day. */
export interface IdentityNumbers {
  /** `day`: days since the epoch; an earlier day where it is full. Returns the day that the number holds. */
  next(county: SyntheticCounty, day: number, sex: Sex): { number: string; day: number };
}

export function openIdentityNumbers(roll: Roll = 'residents'): IdentityNumbers {
  const [first, end] = ROLLS[roll];
  const used = new Uint16Array(SYNTHETIC_COUNTIES.length * 2 * DAYS);
  return {
    next(county, day, sex) {
      const base = (SYNTHETIC_COUNTIES.indexOf(county) * 2 + (sex === 'male' ? 1 : 0)) * DAYS;
      let at = day;
      let tried = 0;
      while (first + itemAt(used, base + at - FIRST_DAY) >= end) {
        if (++tried > 400)
          throw new RangeError('No identity number is left: too many people for the synthetic counties.');
        at--;
      }
      const given = itemAt(used, base + at - FIRST_DAY);
      used[base + at - FIRST_DAY] = given + 1;
      const count = first + given;
      // 137 is coprime with 500: the sequence does not reveal the order of creation.
      const sequence = ((count * 137 + (at - FIRST_DAY) * 31) % PER_DAY_AND_SEX) * 2 + (sex === 'male' ? 1 : 0);
      const digits = `${county}${isoDate(at).replaceAll('-', '')}${String(sequence).padStart(3, '0')}`;
      return { number: digits + residentIdCheck(digits), day: at };
    },
  };
}

export function isoDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function phoneOf(random: Random): string {
  return PHONE_SEGMENT + String(random.below(100_000_000)).padStart(8, '0');
}
