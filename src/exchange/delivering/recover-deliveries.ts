import type pg from 'pg';
import { enterIn } from '../../audit/recorded.js';
import { endInterrupted, findOpen, type Interrupted } from '../../ingest/recover.js';
import type { Exchange } from '../exchange.js';
import { interruptedEntry } from './delivery-entries.js';

type Recovering = Pick<Exchange, 'database' | 'log' | 'policy' | 'clock'>;

/**
 * Ends deliveries that dead nodes and lost connections left unfinished: failed, each with an entry; the last release
 * stays. Runs at every start and before every delivery. Returns the ids.
 */
export async function recoverDeliveries(exchange: Recovering): Promise<string[]> {
  const client = await exchange.database.owner.connect();
  const record = async (tx: pg.ClientBase, interrupted: Interrupted) => {
    const { log, policy, clock } = exchange;
    await enterIn(log, tx, interruptedEntry(policy.current(), clock.uuid(), interrupted));
  };
  try {
    const failed: string[] = [];
    for (const id of await findOpen(client)) if (await endInterrupted(client, id, record)) failed.push(id);
    client.release();
    return failed;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
