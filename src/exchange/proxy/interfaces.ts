import { LRUCache } from 'lru-cache';
import type { Outbound } from '../../access/upstreams/resolve-upstream.js';
import { upstreamId } from '../../access/upstreams/upstream.js';
import type { Contract } from '../../catalog/contract.js';
import type { ProxySource } from '../../catalog/source-terms.js';
import type { Clock } from '../../platform/clock.js';
import { type Lane, openLane } from './lane.js';

/** Departments' interfaces that are asked live, each through its lane. */
export interface Interfaces {
  /** The reply's JSON. @throws Problem as `Lane.ask` */
  ask(
    contract: Contract,
    source: ProxySource,
    asked: { body: Record<string, unknown>; request: string },
  ): Promise<unknown>;
  close(): Promise<void>;
}

const LANES_AT_MOST = 100;
const CHECK_MS = 15_000;
const IDLE_MS = 300_000;

/** A lane opens at its first ask. It closes if unused, if withdrawn, or if a hundred others need room. */
export function openInterfaces(outbound: Outbound & { clock: Clock }): Interfaces {
  const lanes = new LRUCache<string, Lane>({ max: LANES_AT_MOST, dispose: (lane) => void lane.close() });
  const timer = setInterval(() => {
    for (const [key, lane] of [...lanes.entries()]) {
      lane.check();
      if (outbound.clock.now() - lane.usedAt() > IDLE_MS) lanes.delete(key);
    }
  }, CHECK_MS).unref();
  const laneOf = ({ publisher }: Contract, { upstream: name, atOnce }: ProxySource): Lane => {
    const key = `${upstreamId(publisher, name)} ${atOnce}`;
    const lane = lanes.get(key) ?? openLane(outbound, { publisher, name, atOnce });
    lanes.set(key, lane);
    return lane;
  };
  return {
    ask(contract, source, { body, request }) {
      const { path, timeoutMs, bytesAtMost } = source;
      return laneOf(contract, source).ask({ path, body, request, limits: { timeoutMs, bytesAtMost } });
    },
    close: async () => {
      clearInterval(timer);
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
      lanes.clear();
    },
  };
}
