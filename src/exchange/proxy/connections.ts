import { type Outbound, type ReachedUpstream, resolveUpstream } from '../../access/upstreams/resolve-upstream.js';
import { type Api, apiPath, openApi } from '../../ingest/readers/http/api.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';

export interface CallRequest {
  /** Below the upstream's prefix. */
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** UUID of the request that causes the call. */
  request: string;
  limits: { timeoutMs: number; bytesAtMost: number };
}

/** Connections to one upstream, at an address that its name had within the last minute. */
export interface Connections {
  /**
   * The reply's JSON. @throws Problem upstream-failed; upstream-refused, also if the upstream was withdrawn during the
   * call
   */
  send(request: CallRequest): Promise<unknown>;
  /** Closes them if the upstream may no longer be called. */
  check(): void;
  close(): Promise<void>;
}

interface Connection {
  reached: ReachedUpstream;
  api: Api;
  openedAt: number;
  inFlight: number;
  retired: boolean;
}

/** How long one resolution of the name is used. */
const FRESH_MS = 60_000;
/** Bounds of the pool; those of a contract are tighter (catalog/check-source.ts). */
const POOL = { timeoutMs: 20_000, bytesAtMost: 16_777_216 };

export function openConnections(
  outbound: Outbound & { clock: Clock },
  { publisher, name, atOnce }: { publisher: string; name: string; atOnce: number },
): Connections {
  let current: Connection | undefined;
  let opening: Promise<Connection> | undefined;
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
    if (current !== undefined && outbound.clock.now() - current.openedAt < FRESH_MS && isApproved(current))
      return current;
    opening ??= open().finally(() => {
      opening = undefined;
    });
    return within(timeoutMs, opening);
  };
  return {
    async send({ path, body, request, limits }) {
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
    },
    check: () => {
      if (current !== undefined && !isApproved(current)) retire();
    },
    close: async () => {
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

/** Name resolution has no timeout of its own. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = () => new Problem('upstream-failed', "The department's system was not found in time.");
    timer = setTimeout(() => reject(problem()), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
