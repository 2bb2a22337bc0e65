import ipaddr from 'ipaddr.js';

/** What an address may be beside public: stated by who approved the upstream, and by the settings of this node. */
export interface Reachable {
  private: boolean;
  loopback: boolean;
}

const PRIVATE = new Set(['private', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Where clouds answer with credentials to whoever asks from inside. Those on link-local addresses are refused with their range; these lie in
 * ranges that are approved as private or even public (Alibaba, AWS over IPv6, Oracle, Azure).
 */
const METADATA = new Set(['100.100.100.200', 'fd00:ec2::254', '192.0.0.192', '168.63.129.16']);

/**
 * Why the exchange does not connect to an address, or undefined. Public unicast is reachable; every other range only where it is allowed by
 * name: what wraps another address (IPv4-mapped, 6to4, Teredo, NAT64) is never.
 */
export function refusedAddress(address: string, { private: isPrivate, loopback }: Reachable): string | undefined {
  if (!ipaddr.isValid(address)) return 'what the name resolves to is not an address';
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
