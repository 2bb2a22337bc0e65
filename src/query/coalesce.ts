import { type Clock, shanghaiDate } from '../platform/clock.js';
import { itemAt } from '../platform/known.js';
import type { Plan } from './plan.js';
import type { Row } from './shape.js';

/** The result of one statement for the lookups that share it. */
export interface FoundRows {
  /** The first row; it has the releases even if no row was found. */
  head: Row;
  byRowId: ReadonlyMap<string, Row>;
}

export type Lookup = (plan: Plan, rowIds: readonly string[]) => Promise<FoundRows>;

/** Runs one statement on the reading pool, which only run.ts has. */
type ReadRows = (statement: { name?: string; text: string; values: unknown[] }) => Promise<Row[]>;

interface WaitingLookup {
  rowIds: readonly string[];
  resolve(found: FoundRows): void;
  reject(reason: unknown): void;
}

interface CoalesceLane {
  inFlight: number;
  scheduled: boolean;
  waiting: WaitingLookup[];
}

/** Most row numbers in one statement; one ask of a thousand keys fits. */
const ROWS_AT_MOST = 1_000;
/**
 * Statements of one plan that run at once. Further lookups wait and share the next one: load makes statements larger,
 * not more.
 */
const AT_ONCE = 2;

/**
 * Lookups of one plan share a statement if they arrive in one turn of the event loop, or while statements of that plan
 * run. The rows are assigned back by row number. A plan belongs to one grant version, so no statement is shared with
 * another grant.
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
        const found = foundIn(rows, plan.nodes[0].rowId);
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

/** The next lookups in the queue that fit one statement. */
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

/** Rows by row number, which is in this column. */
export function foundIn(rows: readonly Row[], column: number): FoundRows {
  const byRowId = new Map<string, Row>();
  for (const row of rows) {
    const id = row[column];
    if (typeof id === 'string') byRowId.set(id, row);
  }
  return { head: itemAt(rows, 0), byRowId };
}
