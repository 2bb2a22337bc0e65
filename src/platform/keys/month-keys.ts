import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import { Problem } from '../errors.js';
import { privateFile } from '../private-file.js';
import { newSecret, secretForm } from './key-forms.js';
import type { KnownKeys } from './known-keys.js';
import { type FoundKey, type KeyFault, readKey } from './read-key.js';

/** A copied folder of keys serves for a year: nodes with folders of their own need a new copy only then. */
const MONTHS_AHEAD = 12;
const YEAR_MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
const FILE = /^month-(\d{4}-\d{2})\.key$/;

/**
 * The keys of months: random, so that deleting one destroys what it locks, and made ahead of their month, so that they can be copied in time
 * (`audit.md`).
 */
export interface MonthKeys {
  /** 32 bytes for `2026-11`. Throws Problem `audit-unavailable` naming the file that this node lacks. */
  get(yearMonth: string): Buffer;
  /**
   * Brings the keys in line with what the database knows: reads files that have come, makes the months ahead that nobody has made. The result has
   * the fingerprints of all, and the faults that a start must not pass: a wrong file, and a month up to the present one without its file.
   */
  settle(known: KnownKeys): Promise<{ fingerprints: ReadonlyMap<string, string>; faults: readonly KeyFault[] }>;
  /** Names the file of this month or the next that this node lacks or that is wrong; undefined where it has them. */
  lacking(): string | undefined;
}

export function openMonthKeys(directory: string, clock: Clock): MonthKeys {
  const keys = new Map<string, Buffer>();
  let faults: ReadonlyMap<string, KeyFault> = new Map();
  const pathOf = (yearMonth: string) => join(directory, `${nameOf(yearMonth)}.key`);

  /** Undefined for a month whose key was destroyed. */
  async function find(yearMonth: string, known: KnownKeys): Promise<FoundKey<Buffer> | undefined> {
    const form = secretForm(nameOf(yearMonth));
    if (known.destroyed.has(form.name)) return undefined;
    const file = { path: pathOf(yearMonth), ours: true };
    const ahead = yearMonth >= monthAt(clock.now(), 0);
    const mayMake = ahead && !known.fingerprints.has(form.name) && yearMonth !== known.lastMonth;
    if (mayMake) privateFile(file.path, () => newSecret(clock));
    return readKey(form, file, known);
  }

  return {
    get(yearMonth) {
      if (!YEAR_MONTH.test(yearMonth)) throw new Error('A month is written YYYY-MM.');
      const key = keys.get(yearMonth);
      if (key !== undefined) return key;
      const fault = faults.get(yearMonth)?.reason ?? `There is no key ${nameOf(yearMonth)}, or it was destroyed.`;
      throw new Problem('audit-unavailable', fault);
    },
    async settle(known) {
      const fingerprints = new Map<string, string>();
      const wrong = new Map<string, KeyFault>();
      for (const yearMonth of monthsOf(directory, clock, known)) {
        const found = await find(yearMonth, known);
        if (found === undefined) keys.delete(yearMonth);
        else if ('reason' in found) wrong.set(yearMonth, found);
        else {
          keys.set(yearMonth, found.key);
          fingerprints.set(nameOf(yearMonth), found.fingerprint);
        }
      }
      faults = wrong;
      const present = monthAt(clock.now(), 0);
      const refused = [...wrong].filter(([yearMonth, fault]) => !fault.absent || yearMonth <= present);
      return { fingerprints, faults: refused.map(([, fault]) => fault) };
    },
    lacking() {
      const needed = [0, 1].map((ahead) => faults.get(monthAt(clock.now(), ahead))?.reason);
      return needed.find((reason) => reason !== undefined);
    },
  };
}

/** Those that the database knows, those that have a file, and those that are needed soon. */
function monthsOf(directory: string, clock: Clock, known: KnownKeys): string[] {
  const months = new Set(Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => monthAt(clock.now(), ahead)));
  for (const file of [...[...known.fingerprints.keys()].map((name) => `${name}.key`), ...readdirSync(directory)]) {
    const yearMonth = FILE.exec(file)?.[1];
    if (yearMonth !== undefined && YEAR_MONTH.test(yearMonth)) months.add(yearMonth);
  }
  return [...months].sort();
}

/** `2026-11`, in UTC as the log's time. */
function monthAt(now: number, ahead: number): string {
  const at = new Date(now);
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + ahead)).toISOString().slice(0, 7);
}

const nameOf = (yearMonth: string) => `month-${yearMonth}`;
