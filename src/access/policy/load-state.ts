import type pg from 'pg';
import { BEGIN_SNAPSHOT, inTransaction } from '../../platform/postgres/in-transaction.js';
import { applyRecords, type OnClosed, type PolicyState } from './policy-state.js';
import { readRecords } from './read-records.js';

/**
 * The newest state. Head and records come from one REPEATABLE READ snapshot, so that an index never claims an epoch whose records it has not read.
 * Reads only what is newer than `state`.
 */
export async function loadState(
  pool: pg.Pool,
  state: PolicyState,
  options: { onClosed: OnClosed },
): Promise<PolicyState> {
  const read = async (client: pg.PoolClient) => {
    const { rows } = await client.query<{ next: string; epoch: string }>(
      'SELECT next::text AS next, policy_epoch::text AS epoch FROM audit.batch ORDER BY first DESC LIMIT 1',
    );
    const next = Number(rows[0]?.next ?? 0);
    const epoch = Number(rows[0]?.epoch ?? 0);
    const records = epoch > state.epoch ? await readRecords(client, state.next, next) : [];
    return { next, epoch, records };
  };
  const { records, ...position } = await inTransaction(pool, read, { begin: BEGIN_SNAPSHOT });
  return position.epoch > state.epoch ? applyRecords(state, records, { ...options, ...position }) : state;
}
