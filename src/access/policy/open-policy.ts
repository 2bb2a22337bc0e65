import type { AuditLog } from '../../audit/log.js';
import { verifierKey } from '../../audit/tree/note.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Pulse } from '../../platform/health/pulse.js';
import type { Keys } from '../../platform/keys/keys.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Follower, followPolicy } from './follow-policy.js';
import { loadState } from './load-state.js';
import type { Policy, PolicyIndex } from './policy.js';
import { emptyState, type OnClosed, type PolicyState } from './policy-state.js';
import { PolicyFault } from './proof/policy-fault.js';
import { writeProved } from './proof/proved.js';

export interface PolicyDependencies {
  database: Database;
  log: AuditLog;
  clock: Clock;
  /** Id of this node, in its reports of what it serves. */
  node?: string;
  onClosed?: OnClosed;
  /** Hears of each heartbeat. */
  pulse?: Pick<Pulse, 'beat'>;
  /** The checkpoint signer, and the folder that keeps how far the policy was proved. */
  keys: Pick<Keys, 'directory' | 'checkpointSigner'>;
  /** The log's, in its checkpoints. */
  origin: string;
}

/** Most reads in one `reach`. The log has already said that the epoch exists, so one read is enough unless a standby lags. */
const READS_PER_REACH = 3;

/** Loads the index and keeps it current: by NOTIFY, by reading the head every second, and whenever the log says `stale`. */
export async function openPolicy(dependencies: PolicyDependencies): Promise<Policy> {
  const { database, log, clock, keys, origin, onClosed = () => {} } = dependencies;
  const proving = { keys, onClosed, vkey: verifierKey(origin, keys.checkpointSigner) };
  const listeners: ((index: PolicyIndex) => void)[] = [];
  let state: PolicyState = emptyState();
  let loading: Promise<void> | undefined;
  let follower: Follower | undefined;
  let fault: PolicyFault | undefined;

  async function read(): Promise<void> {
    if (fault !== undefined) throw fault;
    const next = await loadState(database.app, state, proving).catch((error: unknown) => {
      if (error instanceof PolicyFault) fault = error;
      throw error;
    });
    if (next.epoch === state.epoch) state = next; // at a start without policy
    if (next.epoch <= state.epoch) return;
    state = next;
    for (const listener of listeners) listener(state);
    follower?.beat();
  }
  function load(): Promise<void> {
    loading ??= read().finally(() => {
      loading = undefined;
    });
    return loading;
  }
  async function reach(epoch: number): Promise<PolicyIndex> {
    for (let reads = 0; state.epoch < epoch; reads++) {
      if (reads === READS_PER_REACH) throw new Problem('unavailable', 'The policy is being read', { retryAfter: 1 });
      await loading?.catch(() => {});
      if (state.epoch < epoch) await load();
    }
    return state;
  }

  await load();
  follower = followPolicy({
    database,
    node: dependencies.node ?? clock.uuid(),
    served: () => state.epoch,
    clock,
    pulse: dependencies.pulse,
    moved: (epoch) => void reach(epoch).catch(() => {}), // the next beat tries again
  });
  return {
    current: () => state,
    reach,
    onChange: (listener) => void listeners.push(listener),
    fault: () => fault?.message,
    async close() {
      await follower.close();
      // Every entry of this node proved that no policy came since: the next start need not read them.
      const head = log.head();
      if (head.epoch === state.epoch && head.next > state.proved.size)
        writeProved(keys.directory, { ...state.proved, size: head.next });
    },
  };
}
