import type pg from 'pg';
import { Problem } from '../platform/errors.js';
import { itemAt } from '../platform/known.js';
import type { Appended, Draft, Receipt } from './entry.js';
import type { AuditLog } from './log.js';
import { Overtaken } from './overtaken.js';

/** The policy as an act uses it: the index in force, and a way to the index of a later epoch. */
export interface InForce<Index> {
  current(): Index;
  reach(epoch: number): Promise<Index>;
}

/** How often an act is decided again under many concurrent policy changes, before Problem `unavailable`. */
const ATTEMPTS = 8;

/**
 * The recorded act: the only way in which anything leaves the exchange or changes its policy. It decides on the index in force, makes, and records.
 * `make` records by `enter`, `enterIn` or `enterChanges`, with the epoch of `index` in the draft, before it returns what may leave. Where the policy
 * changed before the commit, the result is dropped and decided again on an index that has the change. Where the token or the grant ended, it is
 * decided once more, so that the denial names its rule. So `make` may run more than once.
 * @throws Problem unauthenticated where the token or the grant ended but the decision still permits, unavailable after eight changes, and whatever
 * `decide` and `make` throw
 */
export async function recorded<Index, Decided, Given>(
  policy: InForce<Index>,
  decide: (index: Index) => Decided,
  make: (decided: Decided, index: Index) => Promise<Given>,
): Promise<Given> {
  let ended = false;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const index = policy.current();
    try {
      return await make(decide(index), index);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      if (error.epoch !== undefined) await policy.reach(error.epoch);
      else if (ended) throw new Problem('unauthenticated', 'The token or the grant ended meanwhile.', { cause: error });
      else ended = true;
    }
  }
  throw new Problem('unavailable', 'The policy changes too quickly to decide. Try again.', { retryAfter: 1 });
}

/** Writes an entry of its own, committed on return. @throws Problem audit-unavailable, unprocessable; Overtaken */
export async function enter(
  log: Pick<AuditLog, 'append'>,
  draft: Draft,
): Promise<Extract<Appended, { state: 'recorded' }>> {
  const appended = await log.append(draft);
  if (appended.state === 'recorded') return appended;
  throw new Overtaken(appended.state === 'stale' ? appended.epoch : undefined);
}

/** Writes an entry as the last statement of the caller's transaction: both commit, or neither. @throws Problem audit-unavailable; Overtaken */
export async function enterIn(log: Pick<AuditLog, 'appendIn'>, tx: pg.ClientBase, draft: Draft): Promise<Receipt> {
  const { receipts } = await log.appendIn(tx, [draft], { policy: false });
  return itemAt(receipts, 0);
}

/** As `enterIn`, for changes of the policy. Returns the new epoch, and the receipts in order. */
export function enterChanges(
  log: Pick<AuditLog, 'appendIn'>,
  tx: pg.ClientBase,
  drafts: readonly Draft[],
): Promise<{ receipts: Receipt[]; epoch: number }> {
  return log.appendIn(tx, drafts, { policy: true });
}
