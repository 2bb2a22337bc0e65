import { type Clock, shanghaiDate } from '../platform/clock.js';
import type { Plan } from './plan.js';
import type { Row } from './shape.js';

/** What one statement brought for the lookups that shared it. */
export interface Found {
  /** The first row: it carries the releases even where nothing was found. */
  head: Row;
  byRowId: ReadonlyMap<string, Row>;
}

export type Lookup = (plan: Plan, rowIds: readonly string[]) => Promise<Found>;

/** Runs one statement on the reading pool, which only run.ts holds. */
type ReadRows = (statement: { name?: string; text: string; values: unknown[] }) => Promise<Row[]>;

interface WaitingLookup {
  rowIds: readonly string[];
  resolve(found: Found): void;
  reject(reason: unknown): void;
}

interface CoalesceLane {
  inFlight: number;
  scheduled: boolean;
  waiting: WaitingLookup[];
}

/** Row numbers of one statement at most; one ask of a thousand keys fits. */
const ROWS_AT_MOST = 1_000;
/** Statements of one plan on their way at once: what arrives meanwhile gathers, so that load makes statements larger and not more. */
const AT_ONCE = 2;

/**
 * Lookups that fit one plan and arrive in one turn of the event loop, or while statements of that plan are on their way, become one statement
 * and are dealt back by row number. A plan belongs to one grant version, so nobody shares a statement with another grant.
 */
export function coalesced(read: ReadRows, clock: Clock): Lookup {
  const lanes = new Map<Plan, CoalesceLane>();

  const schedule = (plan: Plan, lane: CoalesceLane): void => {
    if (lane.scheduled || lane.inFlight >= AT_ONCE) return;
    lane.scheduled = true;
    setImmediate(() => {
      lane.scheduled = false;
      send(plan, lane);
      if (lane.waiting.length > 0) schedule(plan, lane);
    });
  };
  const send = (plan: Plan, lane: CoalesceLane): void => {
    const { lot, rowIds } = takeLot(lane);
    const today = shanghaiDate(clock.now());
    const values = plan.bind({ operands: [], today, fetch: 0, after: undefined, rowIds });
    lane.inFlight += 1;
    const ended = (): void => {
      lane.inFlight -= 1;
      if (lane.waiting.length > 0) schedule(plan, lane);
      else if (lane.inFlight === 0 && !lane.scheduled) lanes.delete(plan);
    };
    read({ ...plan.statement, values }).then(
      (rows) => {
        ended();
        const found = foundIn(rows, plan.nodes[0]!.rowId);
        for (const { resolve } of lot) resolve(found);
      },
      (reason: unknown) => {
        ended();
        for (const { reject } of lot) reject(reason);
      },
    );
  };

  return (plan, rowIds) =>
    new Promise((resolve, reject) => {
      let lane = lanes.get(plan);
      if (lane === undefined) {
        lane = { inFlight: 0, scheduled: false, waiting: [] };
        lanes.set(plan, lane);
      }
      lane.waiting.push({ rowIds, resolve, reject });
      schedule(plan, lane);
    });
}

/** The next of those that wait, in order, as many as fit one statement. */
function takeLot(lane: CoalesceLane): { lot: WaitingLookup[]; rowIds: string[] } {
  const rowIds: string[] = [];
  let count = 0;
  for (const waiting of lane.waiting) {
    if (count > 0 && rowIds.length + waiting.rowIds.length > ROWS_AT_MOST) break;
    rowIds.push(...waiting.rowIds);
    count += 1;
  }
  return { lot: lane.waiting.splice(0, count), rowIds };
}

/** Rows by their number, which stands in this column. */
export function foundIn(rows: readonly Row[], column: number): Found {
  const byRowId = new Map<string, Row>();
  for (const row of rows) {
    const id = row[column];
    if (typeof id === 'string') byRowId.set(id, row);
  }
  return { head: rows[0]!, byRowId };
}
