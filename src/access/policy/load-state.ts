import type pg from 'pg';
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
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ next: string; epoch: string }>(
      'SELECT next::text AS next, policy_epoch::text AS epoch FROM audit.batch ORDER BY first DESC LIMIT 1',
    );
    const next = Number(rows[0]?.next ?? 0);
    const epoch = Number(rows[0]?.epoch ?? 0);
    const records = epoch > state.epoch ? await readRecords(client, state.next, next) : [];
    await client.query('COMMIT');
    return epoch > state.epoch ? applyRecords(state, records, { ...options, epoch, next }) : state;
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}
