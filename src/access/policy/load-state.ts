import type pg from 'pg';
import type { Keys } from '../../platform/keys/keys.js';
import { BEGIN_SNAPSHOT, inTransaction } from '../../platform/postgres/in-transaction.js';
import { applyRecords, type OnClosed, type PolicyState } from './policy-state.js';
import { findAltered } from './proof/find-altered.js';
import { PolicyFault } from './proof/policy-fault.js';
import { type PolicyHead, type ProvedEntries, proveAll, proveNewer } from './proof/prove-entries.js';
import { readProved, writeProved } from './proof/proved.js';
import { type PolicyRecord, readRecords } from './proof/read-records.js';

/** What the policy is proved by: the key that signs checkpoints, and the folder that keeps how far it was proved. */
export interface Proving {
  keys: Pick<Keys, 'directory'>;
  /** C2SP verifier key of this log. */
  vkey: string;
  onClosed: OnClosed;
}

/**
 * The newest state. Head and records come from one REPEATABLE READ snapshot, so that an index never claims an epoch whose records it has not read.
 * Reads only what is newer than `state`. Throws PolicyFault where the entries are not those of the log.
 */
export async function loadState(pool: pg.Pool, state: PolicyState, proving: Proving): Promise<PolicyState> {
  const { head, found } = await inTransaction(pool, (client) => read(client, state, proving), {
    begin: BEGIN_SNAPSHOT,
  });
  if (found === undefined) return state;
  writeProved(proving.keys.directory, found.proved);
  return applyRecords(state, found.records, { ...proving, epoch: head.epoch, proved: found.proved });
}

async function read(
  client: pg.ClientBase,
  state: PolicyState,
  { keys, vkey }: Proving,
): Promise<{ head: PolicyHead; found: (ProvedEntries & { records: PolicyRecord[] }) | undefined }> {
  const head = await readHead(client);
  const first = state.proved.size === 0;
  if (head.epoch <= state.epoch && !(first && head.next > 0)) return { head, found: undefined };
  const known = first ? readProved(keys.directory) : state.proved;
  const proved = await naming(client, head, () =>
    first ? proveAll(client, head, { known, vkey }) : proveNewer(client, head, { known, epoch: state.epoch }),
  );
  return { head, found: { ...proved, records: await readRecords(client, proved.entries) } };
}

async function readHead(client: pg.ClientBase): Promise<PolicyHead> {
  const { rows } = await client.query<{ next: string; epoch: string; edge: Buffer }>(
    'SELECT next::text AS next, policy_epoch::text AS epoch, edge FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  const { next = '0', epoch = '0', edge = Buffer.alloc(0) } = rows[0] ?? {};
  return { next: Number(next), epoch: Number(epoch), edge };
}

/** A hash that is not there belongs to an entry or a tile that was deleted. */
async function naming<T>(client: pg.ClientBase, head: PolicyHead, prove: () => Promise<T>): Promise<T> {
  try {
    return await prove();
  } catch (error) {
    if (error instanceof RangeError) throw new PolicyFault(await findAltered(client, 0, head.next));
    throw error;
  }
}
