import CircuitBreaker from 'opossum';
import type { Outbound } from '../../access/upstreams/resolve-upstream.js';
import { openSlots } from '../../ingest/receive/slots.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { type CallRequest, openConnections } from './connections.js';

/** The way to one upstream: its connections, a bounded line before them, and a breaker that spares what is down. */
export interface Lane {
  /** JSON as it came. @throws Problem upstream-failed, upstream-refused, unavailable (busy, or not asked for the moment) */
  ask(request: CallRequest): Promise<unknown>;
  /** Gives up connections where the upstream may not be called any more. */
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

/** What is wrong on our side, an approval or a secret, says nothing of how the system fares. */
function saysNothingOfIt(error: unknown): boolean {
  return !(error instanceof Problem) || error.code !== 'upstream-failed';
}

function isOpen(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'EOPENBREAKER';
}

function spared(): Problem {
  const retryAfter = Math.ceil(BREAKER.resetTimeout / 1_000);
  return new Problem('unavailable', "The department's system fails, and is not asked for the moment.", { retryAfter });
}
