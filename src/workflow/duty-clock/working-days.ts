/** The yearly notice of the State Council. Dates are `YYYY-MM-DD`, of Asia/Shanghai. */
export interface YearNotice {
  year: number;
  /** Title and number of the notice. */
  source: string;
  /** Days off. Saturdays and Sundays are off without being named. */
  holidays: readonly string[];
  /** Saturdays and Sundays that are worked. */
  workdays: readonly string[];
}

/** Working days by the notices that are loaded. In a year without a notice Monday to Friday are worked. */
export interface WorkingDays {
  isWorked(day: string): boolean;
  isLoaded(year: number): boolean;
}

/** Days after `from`, up to and with `until`, that a clock does not count. */
export interface Pause {
  from: string;
  /** Null while the clock is stopped. */
  until: string | null;
}

export interface Counting {
  /** Not counted itself. */
  from: string;
  workingDays: number;
  /** Ended ones. */
  pauses?: readonly Pause[];
}

export interface DueDate {
  /** The last day on which the duty can be done in time. */
  due: string;
  /** A day of a year without a notice was counted: the notice may move the date. */
  provisional: boolean;
}

export function workingDaysOf(notices: readonly YearNotice[]): WorkingDays {
  const loaded = new Set(notices.map(({ year }) => year));
  const holidays = new Set(notices.flatMap((notice) => notice.holidays));
  const workdays = new Set(notices.flatMap((notice) => notice.workdays));
  return {
    isWorked: (day) => !holidays.has(day) && (workdays.has(day) || !isWeekend(day)),
    isLoaded: (year) => loaded.has(year),
  };
}

/** The day on which the last of the working days falls. */
export function dueDate(days: WorkingDays, { from, workingDays, pauses = [] }: Counting): DueDate {
  let due = from;
  let provisional = false;
  for (let left = workingDays; left > 0; ) {
    due = dayAfter(due);
    provisional ||= !days.isLoaded(yearOf(due));
    const day = due;
    const paused = pauses.some((pause) => day > pause.from && day <= (pause.until ?? day));
    if (days.isWorked(day) && !paused) left--;
  }
  return { due, provisional };
}

const DAY_MS = 86_400_000;

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
}

export function isWeekend(day: string): boolean {
  return [0, 6].includes(new Date(day).getUTCDay());
}

export function yearOf(day: string): number {
  return Number(day.slice(0, 4));
}
