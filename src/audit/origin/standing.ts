import type { Reason } from '../../platform/health/readiness.js';
import type { LogFault } from './log-fault.js';

/** Who compares the log: the writer with its memory, the signer with what was signed. */
type Witness = 'writer' | 'signer';

export interface StandingLogger {
  error(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

/** Whether the log in the database is the one that is known. A fault closes every door of the node. */
export interface Standing {
  /** The result of a comparison. Logs one line where it changes. */
  report(witness: Witness, fault: LogFault | undefined): void;
  fault(): LogFault | undefined;
  reason(): Reason | undefined;
}

export function openStanding(logger?: StandingLogger): Standing {
  const faults = new Map<Witness, LogFault>();
  let first: LogFault | undefined;
  return {
    report(witness, fault) {
      if (fault === undefined) faults.delete(witness);
      else faults.set(witness, fault);
      const [now] = faults.values();
      if (now?.message === first?.message) return;
      first = now;
      if (now === undefined) logger?.info({}, 'The audit log in the database is the known one again.');
      else logger?.error({ reason: 'log' }, now.message);
    },
    fault: () => first,
    reason: () => (first === undefined ? undefined : { name: 'log', detail: first.message, stops: true }),
  };
}
