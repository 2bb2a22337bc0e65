import CircuitBreaker from 'opossum';
import type { Outbound } from '../../access/upstreams/resolve-upstream.js';
import { openSlots } from '../../ingest/receive/slots.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { type CallRequest, openConnections } from './connections.js';

/**
 * Access to one upstream: its connections, a bounded queue before them, and a breaker that stops calls to a broken
 * system.
 */
export interface Lane {
  /**
   * The reply's JSON. @throws Problem upstream-failed, upstream-refused, unavailable (queue full, or the breaker is
   * open)
   */
  ask(request: CallRequest): Promise<unknown>;
  /** Closes connections if the upstream may no longer be called. */
  check(): void;
  /** ms since the epoch. */
  usedAt(): number;
  close(): Promise<void>;
}

const WAIT_MS = 1_000;
const BREAKER = {
  timeout: false,
  errorThresholdPercentage: 50,
  volumeThreshold: 5,
  rollingCountTimeout: 10_000,
  resetTimeout: 3_000,
} as const;

export function openLane(
  outbound: Outbound & { clock: Clock },
  to: { publisher: string; name: string; atOnce: number },
): Lane {
  const told = "Too many asks wait for the department's system. Try again.";
  const slots = openSlots({ atOnce: to.atOnce, waitingAtMost: to.atOnce * 4, waitMs: WAIT_MS, told });
  const connections = openConnections(outbound, to);
  const breaker = new CircuitBreaker(connections.send, { ...BREAKER, errorFilter: saysNothingOfIt });
  let usedAt = outbound.clock.now();
  return {
    async ask(request) {
      usedAt = outbound.clock.now();
      if (breaker.opened) throw spared();
      return slots.run(() => breaker.fire(request)).catch((error) => Promise.reject(isOpen(error) ? spared() : error));
    },
    check: connections.check,
    usedAt: () => usedAt,
    close: () => {
      breaker.shutdown();
      return connections.close();
    },
  };
}

/** A fault on our side (approval, secret) says nothing about the upstream's state. */
function saysNothingOfIt(error: unknown): boolean {
  return !(error instanceof Problem) || error.code !== 'upstream-failed';
}

function isOpen(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER';
}

function spared(): Problem {
  const retryAfter = Math.ceil(BREAKER.resetTimeout / 1_000);
  return new Problem('unavailable', "The department's system fails, and is not asked for the moment.", { retryAfter });
}
