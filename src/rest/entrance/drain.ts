import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../platform/config.js';
import type { Reason } from '../../platform/health/readiness.js';

/** How a node that ends takes leave: not ready at once, then time for its proxies to notice, in which it serves on. */
export interface Drain {
  /** Undefined before the node ends. */
  readonly reason: Reason | undefined;
  /** Resolves when the node may close its doors. */
  begin(): Promise<void>;
}

export function openDrain({ drainMs }: Pick<Config, 'drainMs'>): Drain {
  let reason: Reason | undefined;
  return {
    get reason() {
      return reason;
    },
    async begin() {
      reason = { name: 'draining', detail: 'The node is about to end.' };
      if (drainMs > 0) await pause(drainMs);
    },
  };
}
