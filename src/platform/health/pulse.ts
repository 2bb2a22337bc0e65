import type { Clock } from '../clock.js';
import type { Reason } from './readiness.js';

/** ms: normal is one commit a second. */
const COMMIT_AGE_MS = 2_000;
/** ms between the clocks of this node and of the database. */
const TOLERANCE_MS = 5_000;
/** After a jump that the database's clock made too (one machine): so long must both run evenly before it is believed. */
const SETTLING_MS = 5_000;

/** One commit, with the time of the database in it. */
interface Beat {
  /** This node's clock before and after, ms since the epoch. */
  askedAt: number;
  heardAt: number;
  database: number;
}

/** What a commit a second shows: that the database commits, and that this node's clock agrees with the database's and with its own steady clock. */
export interface Pulse {
  beat(beat: Beat): void;
  /** A commit of another kind. */
  committed(): void;
  commit(): Reason | undefined;
  clock(): Reason | undefined;
}

export function openPulse(clock: Pick<Clock, 'now'>): Pulse {
  let committedAt = performance.now();
  let anchor = { wall: clock.now(), steady: performance.now() };
  let settledAt = 0;
  let apart = 0;

  /** How far the clock has left the line that it ran on. */
  const jump = (): number => clock.now() - anchor.wall - (performance.now() - anchor.steady);
  const committed = (): void => {
    committedAt = performance.now();
  };
  return {
    committed,
    beat({ askedAt, heardAt, database }) {
      committed();
      apart = database < askedAt ? askedAt - database : Math.min(heardAt - database, 0);
      if (Math.abs(apart) > TOLERANCE_MS) return;
      if (Math.abs(jump()) > TOLERANCE_MS) settledAt = performance.now() + SETTLING_MS;
      anchor = { wall: clock.now(), steady: performance.now() };
    },
    commit() {
      const age = performance.now() - committedAt;
      if (age <= COMMIT_AGE_MS) return undefined;
      return { name: 'commit', detail: `The database has committed nothing for ${Math.floor(age / 1_000)} s.` };
    },
    clock() {
      if (Math.abs(apart) > TOLERANCE_MS) return wrong(`is ${seconds(apart)} s off the clock of the database`);
      if (Math.abs(jump()) > TOLERANCE_MS) return wrong(`has jumped by ${seconds(jump())} s`);
      return performance.now() < settledAt ? wrong('has jumped, and the clock of the database with it') : undefined;
    },
  };
}

function wrong(how: string): Reason {
  return { name: 'clock', detail: `The clock of this node ${how}: nothing is written.`, stops: true };
}

const seconds = (ms: number): number => Math.round(ms / 1_000);
