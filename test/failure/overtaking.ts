import type { AuditEvent, Draft } from '../../src/audit/entry.js';
import type { AuditLog } from '../../src/audit/log.js';

/** What comes between the decision and the commit of the next entries of one event. */
export interface Overtaking {
  event: AuditEvent;
  /** How many of them; what follows is let through. */
  times: number;
  /** Returns the draft as it is to be committed. */
  between(draft: Draft): Draft | Promise<Draft>;
}

/** Sets on a node's log what overtakes its entries; `seen` counts those of the event. `undo` takes it off again. */
export function overtake(log: AuditLog, { event, times, between }: Overtaking): { seen(): number; undo(): void } {
  const { append, appendIn } = log;
  let seen = 0;
  const pass = async (draft: Draft): Promise<Draft> => {
    if (draft.event !== event) return draft;
    seen++;
    return seen <= times ? between(draft) : draft;
  };
  log.append = async (draft) => append(await pass(draft));
  log.appendIn = async (tx, [first, ...rest], options) =>
    appendIn(tx, first === undefined ? [] : [await pass(first), ...rest], options);
  return {
    seen: () => seen,
    undo: () => {
      log.append = append;
      log.appendIn = appendIn;
    },
  };
}
