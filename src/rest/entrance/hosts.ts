import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { type Config, ownUrl } from '../../platform/config.js';

/** Whether the request names this server by a Host of its own (RFC 9110, 7.2). */
export type KnownHost = (request: IncomingMessage) => boolean;

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
export const HEALTH = /^\/health\/(live|ready)(\?|$)/;

export function knownHosts(config: Pick<Config, 'publicUrl' | 'allowedHosts' | 'host' | 'port'>): KnownHost {
  const own = [config.publicUrl, ownUrl(config.host, config.port)].map((url) => new URL(url).host);
  const hosts = new Set([...own, ...config.allowedHosts].map((host) => host.toLowerCase()));
  return ({ headers, url, socket }) => {
    const host = headers.host?.toLowerCase();
    if (host !== undefined && hosts.has(host)) return true;
    // HAProxy's checks are HTTP/1.0 without Host.
    if (HEALTH.test(url ?? '')) return host === undefined || isAddress(host);
    if (host === undefined || !isLoopback(socket.remoteAddress)) return false;
    return LOOPBACK.some((name) => host === `${name}:${socket.localPort}`);
  };
}

/** Whether the caller is a program of this machine, and not one that a proxy here speaks for. */
export function isOnThisMachine({ raw, ip }: Pick<FastifyRequest, 'raw' | 'ip'>): boolean {
  const { headers, socket } = raw;
  const isForwarded =
    headers.via !== undefined || headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
  return isLoopback(socket.remoteAddress) && isLoopback(ip) && !isForwarded;
}

/** @param address of a socket; IPv4 may be mapped into IPv6 */
function isLoopback(address: string | undefined): boolean {
  return address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

function isAddress(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '');
  return (
    name === 'localhost' ||
    ipaddr.IPv4.isValidFourPartDecimal(name) ||
    (/^\[.*\]$/.test(name) && ipaddr.IPv6.isValid(name.slice(1, -1)))
  );
}
