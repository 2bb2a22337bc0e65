import ipaddr from 'ipaddr.js';
import type { AuditEvent } from '../../audit/entry.js';
import type { AuditLog } from '../../audit/log.js';
import { enter } from '../../audit/recorded.js';
import type { Clock } from '../../platform/clock.js';

/** Refusals of unknown callers: counted, so that they can't flood the log, and recorded once a minute. */
export interface Refusals {
  note(event: Extract<AuditEvent, 'login.failed' | 'access.refused'>, address: string, reason: string): void;
  /** Records what is counted. */
  close(): Promise<void>;
}

interface Count {
  event: AuditEvent;
  prefix: string;
  reason: string;
  count: number;
}

const FLUSH_MS = 60_000;
/** Most pairs of address prefix and reason per minute; beyond that the prefix is left out. */
const COUNTS_AT_MOST = 1_000;

export function openRefusals({ log, clock }: { log: AuditLog; clock: Clock }): Refusals {
  let counts = new Map<string, Count>();

  function note(event: Count['event'], address: string, reason: string): void {
    const own = addressPrefix(address);
    const prefix = counts.has(`${event} ${own} ${reason}`) || counts.size < COUNTS_AT_MOST ? own : 'other';
    const key = `${event} ${prefix} ${reason}`;
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { event, prefix, reason, count: 1 });
    else known.count++;
  }
  async function flush(): Promise<void> {
    const due = counts;
    counts = new Map();
    await Promise.allSettled([...due.values()].map((count) => write(count)));
  }
  async function write({ event, prefix, reason, count }: Count): Promise<void> {
    const detail = { count, prefix, reason };
    const draft = { request: clock.uuid(), event, outcome: 'denied' as const, actor: null, accesses: [] };
    await enter(log, { ...draft, sealed: { ask: null }, detail });
  }

  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();
  return {
    note,
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}

/** IPv4 /24, IPv6 /48: shows where a call comes from, not who makes it. */
export function addressPrefix(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4'
    ? `${ipaddr.IPv4.networkAddressFromCIDR(`${parsed}/24`)}/24`
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/48`)}/48`;
}
