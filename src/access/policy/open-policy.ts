import type { AuditLog } from '../../audit/log.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Pulse } from '../../platform/health/pulse.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Follower, followPolicy } from './follow-policy.js';
import { loadState } from './load-state.js';
import type { Policy, PolicyIndex } from './policy.js';
import { emptyState, type OnClosed, type PolicyState } from './policy-state.js';

export interface PolicyDependencies {
  database: Database;
  log: AuditLog;
  clock: Clock;
  /** Id of this node, in its reports of what it serves. */
  node?: string;
  onClosed?: OnClosed;
  /** Hears of each heartbeat. */
  pulse?: Pick<Pulse, 'beat'>;
}

/** Most reads in one `reach`. The log has already said that the epoch exists, so one read is enough unless a standby lags. */
const READS_PER_REACH = 3;

/** Loads the index and keeps it current: by NOTIFY, by reading the head every second, and whenever the log says `stale`. */
export async function openPolicy(dependencies: PolicyDependencies): Promise<Policy> {
  const { database, clock, onClosed = () => {} } = dependencies;
  const listeners: ((index: PolicyIndex) => void)[] = [];
  let state: PolicyState = emptyState();
  let loading: Promise<void> | undefined;
  let follower: Follower | undefined;

  async function read(): Promise<void> {
    const next = await loadState(database.app, state, { onClosed });
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
    close: () => follower.close(),
  };
}
