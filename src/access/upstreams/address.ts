import ipaddr from 'ipaddr.js';

/** Which addresses are allowed beside public ones: stated by the approver of the upstream, and by the settings of this node. */
export interface Reachable {
  private: boolean;
  loopback: boolean;
}

const PRIVATE = new Set(['private', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Metadata services that give cloud credentials to any caller inside. Those on link-local addresses are refused with their range; these are in ranges
 * that are private or public (Alibaba, AWS over IPv6, Oracle, Azure).
 */
const METADATA = new Set(['100.100.100.200', 'fd00:ec2::254', '192.0.0.192', '168.63.129.16']);

/**
 * Why the exchange does not connect to an address; undefined where it may. Public unicast is allowed, every other range only by name. An address that
 * wraps another one (IPv4-mapped, 6to4, Teredo, NAT64) is never allowed.
 */
export function refusedAddress(address: string, { private: isPrivate, loopback }: Reachable): string | undefined {
  if (!ipaddr.isValid(address)) return 'the name does not resolve to an address';
  const parsed = ipaddr.parse(address);
  if (METADATA.has(parsed.toString())) return 'the address gives out the credentials of a cloud';
  const range = parsed.range();
  if (range === 'unicast') return undefined;
  if (range === 'loopback') return loopback ? undefined : 'it is this machine itself (loopback)';
  if (PRIVATE.has(range))
    return isPrivate ? undefined : 'the address is private, and the upstream is not approved as private';
  return `no upstream lies in this range of addresses (${range})`;
}

export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}
