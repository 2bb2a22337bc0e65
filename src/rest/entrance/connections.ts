import { readFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Config } from '../../platform/config.js';

/** Bounds of connections, so that callers without a token can't keep everyone else out. */
export interface ConnectionLimit {
  attach(server: Server): void;
  /** A request came on the connection. */
  asked(response: ServerResponse): void;
  /** A token was verified, or issued, on the connection. */
  proven(socket: Socket): void;
  /** Whether the connection is beyond the bound: only health is answered on it. */
  isSurplus(socket: Socket): boolean;
  close(): void;
}

interface Unproven {
  address: string;
  since: number;
  /** To its latest request. */
  response?: ServerResponse;
}

/** Share of all connections that may wait for one address without a token. */
const ADDRESS_SHARE = 8;
const ADDRESS_AT_MOST = 256;
/** Kept free for health. */
const HEAD_ROOM_SHARE = 16;
/** A connection that has just opened may be about to prove itself. */
const PATIENCE_MS = 1_000;
const SWEEP_MS = 1_000;

export function openConnections(config: Pick<Config, 'connectionsAtMost' | 'trustedProxies'>): ConnectionLimit {
  const most = config.connectionsAtMost ?? connectionsFor(openFilesAtMost());
  const usual = most - Math.ceil(most / HEAD_ROOM_SHARE);
  const perAddress = Math.min(ADDRESS_AT_MOST, Math.ceil(most / ADDRESS_SHARE));
  const isProxy = matcher(config.trustedProxies);
  const open = new Set<Socket>();
  const surplus = new WeakSet<Socket>();
  /** Oldest first. */
  const unproven = new Map<Socket, Unproven>();

  function admit(socket: Socket): void {
    open.add(socket);
    unproven.set(socket, {
      address: isProxy(socket.remoteAddress) ? '' : (socket.remoteAddress ?? ''),
      since: performance.now(),
    });
    socket.once('close', () => {
      open.delete(socket);
      unproven.delete(socket);
    });
    if (open.size > usual && !cutOldest(socket)) surplus.add(socket);
  }
  function cutOldest(newest: Socket): boolean {
    for (const [socket, each] of unproven) {
      if (socket === newest || socket.destroyed || !waitsForPeer(each)) continue;
      socket.destroy();
      return true;
    }
    return false;
  }
  /** Cuts what waits too long for one address beyond its bound, the oldest first. A proxy speaks for many callers. */
  function sweep(): void {
    if (unproven.size <= perAddress) return;
    const counts = countByAddress(unproven.values());
    const latest = performance.now() - PATIENCE_MS;
    for (const [socket, each] of unproven) {
      const { address, since } = each;
      const count = counts.get(address) ?? 0;
      if (since > latest) return;
      if (address === '' || count <= perAddress || !waitsForPeer(each)) continue;
      counts.set(address, count - 1);
      socket.destroy();
    }
  }
  const timer = setInterval(sweep, SWEEP_MS);
  timer.unref();
  return {
    attach(server) {
      server.maxConnections = most;
      server.on('connection', admit);
    },
    asked(response) {
      const each = unproven.get(response.req.socket);
      if (each !== undefined) each.response = response;
    },
    proven: (socket) => void unproven.delete(socket),
    isSurplus: (socket) => surplus.has(socket),
    close: () => clearInterval(timer),
  };
}

/** Open files that connections leave to PostgreSQL, deliveries and calls of departments' systems. */
const OTHER_FILES = 192;
const CONNECTIONS_AT_MOST = 20_000;
const USUAL_LIMIT = 1_024;

/** @internal */
export function connectionsFor(openFiles: number): number {
  return Math.min(CONNECTIONS_AT_MOST, Math.max(16, openFiles - OTHER_FILES));
}

/** The process's own limit (`ulimit -n`), which only Linux shows in a file. */
function openFilesAtMost(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? USUAL_LIMIT);
  } catch {
    return USUAL_LIMIT;
  }
}

function countByAddress(each: Iterable<Unproven>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { address } of each) counts.set(address, (counts.get(address) ?? 0) + 1);
  return counts;
}

/** Idle, or its request is not complete: a reply in the making is not the caller's fault. */
function waitsForPeer({ response }: Unproven): boolean {
  return response === undefined || !response.req.complete || response.writableEnded;
}

function matcher(blocks: readonly string[]): (address: string | undefined) => boolean {
  const ranges = blocks.map((block) => {
    const address = ipaddr.process(block.split('/', 1)[0] ?? '');
    return block.includes('/') ? ipaddr.parseCIDR(block) : ([address, address.kind() === 'ipv4' ? 32 : 128] as const);
  });
  return (text) => {
    if (text === undefined || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  };
}
