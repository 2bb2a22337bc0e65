import CircuitBreaker from 'opossum';
import { type Outbound, type ReachedUpstream, resolveUpstream } from '../../access/upstreams/resolve-upstream.js';
import { openSlots } from '../../ingest/slots.js';
import { type Api, apiPath, openApi } from '../../ingest/sources/http/api.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';

export interface LaneRequest {
  /** Below the upstream's prefix. */
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** UUID of the request that it is asked for. */
  request: string;
  limits: { timeoutMs: number; bytesAtMost: number };
}

/** The way to one upstream: a pool of connections, a bounded line before it, and a breaker that spares what is down. */
export interface Lane {
  /** JSON as it came. @throws Problem upstream-failed, upstream-refused, unavailable (busy, or not asked for the moment) */
  ask(request: LaneRequest): Promise<unknown>;
  /** Gives up connections where the upstream may not be called any more. */
  check(): void;
  /** ms since the epoch. */
  usedAt(): number;
  close(): Promise<void>;
}

interface Connection {
  reached: ReachedUpstream;
  api: Api;
  openedAt: number;
  inFlight: number;
  retired: boolean;
}

/** Of one resolution of the name. */
const FRESH_MS = 60_000;
/** Bounds of the pool; a contract's own are tighter (catalog/check-source.ts). */
const POOL = { timeoutMs: 20_000, bytesAtMost: 16_777_216 };
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
  { publisher, name, atOnce }: { publisher: string; name: string; atOnce: number },
): Lane {
  const told = "Too many asks wait for the department's system. Try again.";
  const slots = openSlots({ atOnce, waitingAtMost: atOnce * 4, waitMs: WAIT_MS, told });
  let current: Connection | undefined;
  let opening: Promise<Connection> | undefined;
  let usedAt = outbound.clock.now();

  const retire = (): void => {
    if (current === undefined) return;
    current.retired = true;
    if (current.inFlight === 0) void current.api.close();
    current = undefined;
  };
  const open = async (): Promise<Connection> => {
    retire();
    const reached = await resolveUpstream(outbound, { publisher, name, kind: 'http' });
    const api = openApi(reached, { ...POOL, connections: atOnce });
    current = { reached, api, openedAt: outbound.clock.now(), inFlight: 0, retired: false };
    return current;
  };
  const connection = async (timeoutMs: number): Promise<Connection> => {
    const fresh = current !== undefined && outbound.clock.now() - current.openedAt < FRESH_MS;
    if (fresh && isApproved(current!)) return current!;
    opening ??= open().finally(() => {
      opening = undefined;
    });
    return within(timeoutMs, opening);
  };
  const send = async ({ path, body, request, limits }: LaneRequest): Promise<unknown> => {
    const connected = await connection(limits.timeoutMs);
    connected.inFlight += 1;
    try {
      const headers = { 'exchange-request-id': request };
      const { value } = await connected.api.call({ path: apiPath(connected.reached, path), body, headers, limits });
      connected.reached.stillApproved();
      return value;
    } finally {
      connected.inFlight -= 1;
      if (connected.retired && connected.inFlight === 0) void connected.api.close();
    }
  };
  const breaker = new CircuitBreaker(send, { ...BREAKER, errorFilter: saysNothingOfIt });

  return {
    async ask(request) {
      usedAt = outbound.clock.now();
      if (breaker.opened) throw spared();
      return slots.run(() => breaker.fire(request)).catch((error) => Promise.reject(isOpen(error) ? spared() : error));
    },
    check: () => {
      if (current !== undefined && !isApproved(current)) retire();
    },
    usedAt: () => usedAt,
    close: async () => {
      breaker.shutdown();
      const last = current;
      current = undefined;
      await last?.api.close();
    },
  };
}

function isApproved({ reached }: Connection): boolean {
  try {
    reached.stillApproved();
    return true;
  } catch {
    return false;
  }
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

/** Resolving a name has no timeout of its own. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = () => new Problem('upstream-failed', "The department's system was not found in time.");
    timer = setTimeout(() => reject(problem()), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
