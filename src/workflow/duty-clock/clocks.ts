import type pg from 'pg';
import type { Clock } from '../../platform/clock.js';
import { shanghaiDate } from '../../platform/clock.js';
import { readCalendar } from './calendar.js';
import { DUTIES, type DutyName, isDuty } from './duties.js';
import { dueDate, type Pause, type WorkingDays, workingDaysOf } from './working-days.js';

/** A deadline that runs, or ran, for one department. */
export interface DutyClock {
  duty: DutyName;
  article: number;
  department: string;
  /** Not counted itself. Dates are of Asia/Shanghai. */
  started: string;
  /** Working days added by consent. */
  extension: number;
  pauses: readonly Pause[];
  /** Null while the clock is stopped for a supplement. */
  due: string | null;
  provisional: boolean;
  ended: string | null;
}

interface ClockRow extends Omit<DutyClock, 'article' | 'duty'> {
  id: string;
  duty: string;
}

const COLUMNS = `id, duty, department, started::text, extension, pauses, due::text, provisional, ended::text`;

/** The clocks of a request, oldest first. */
export async function clocksOf(database: Pick<pg.ClientBase, 'query'>, subject: string): Promise<DutyClock[]> {
  const text = `SELECT ${COLUMNS} FROM exchange.duty_clock WHERE subject = $1 ORDER BY started, ended NULLS LAST`;
  const { rows } = await database.query<ClockRow>(text, [subject]);
  return rows.map(clockOf);
}

function clockOf({ id: _, duty, ...row }: ClockRow): DutyClock {
  if (!isDuty(duty)) throw new Error(`${duty} is no duty.`);
  return { duty, article: DUTIES[duty].article, ...row };
}

/** What a step does with the running clock of a request, in the step's transaction. */
export function clocksIn(tx: pg.ClientBase, { clock, subject }: { clock: Clock; subject: string }) {
  const today = shanghaiDate(clock.now());
  async function change(alter: (running: ClockRow) => Partial<DutyClock>): Promise<void> {
    const text = `SELECT ${COLUMNS} FROM exchange.duty_clock WHERE subject = $1 AND ended IS NULL FOR UPDATE`;
    const { rows } = await tx.query<ClockRow>(text, [subject]);
    const days = workingDaysOf(await readCalendar(tx, true));
    for (const row of rows) await write(tx, { ...row, ...alter(row) }, days);
  }
  return {
    start: async (duty: DutyName, department: string): Promise<void> => {
      const days = workingDaysOf(await readCalendar(tx, true));
      const { due, provisional } = dueDate(days, { from: today, workingDays: DUTIES[duty].workingDays });
      await tx.query(
        `INSERT INTO exchange.duty_clock (id, subject, duty, department, started, due, provisional)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [clock.uuid(), subject, duty, department, today, due, provisional],
      );
    },
    stop: () => change(() => ({ ended: today })),
    pause: () => change(({ pauses }) => ({ pauses: [...pauses, { from: today, until: null }] })),
    resume: () =>
      change(({ pauses }) => ({ pauses: pauses.map(({ from, until }) => ({ from, until: until ?? today })) })),
    extend: (workingDays: number) => change(({ extension }) => ({ extension: extension + workingDays })),
  };
}

/** Computes the due date of every running clock anew, by the calendar that the transaction sees. */
export async function recomputeClocks(tx: pg.ClientBase): Promise<void> {
  const { rows } = await tx.query<ClockRow>(
    `SELECT ${COLUMNS} FROM exchange.duty_clock WHERE ended IS NULL ORDER BY id FOR UPDATE`,
  );
  const days = workingDaysOf(await readCalendar(tx));
  for (const row of rows) await write(tx, row, days);
}

async function write(tx: pg.ClientBase, row: ClockRow, days: WorkingDays): Promise<void> {
  const { id, extension, pauses, ended } = row;
  const { due, provisional } = dueOf(row, days);
  await tx.query(
    'UPDATE exchange.duty_clock SET extension = $2, pauses = $3, due = $4, provisional = $5, ended = $6 WHERE id = $1',
    [id, extension, JSON.stringify(pauses), due, provisional, ended],
  );
}

function dueOf(row: ClockRow, days: WorkingDays): Pick<DutyClock, 'due' | 'provisional'> {
  const { duty, started, extension, pauses } = row;
  if (!isDuty(duty)) throw new Error(`${duty} is no duty.`);
  if (pauses.some(({ until }) => until === null)) return { due: null, provisional: true };
  return dueDate(days, { from: started, workingDays: DUTIES[duty].workingDays + extension, pauses });
}
