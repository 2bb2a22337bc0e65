import ipaddr from 'ipaddr.js';

/** Which addresses are allowed beside public ones: stated by the approver of the upstream, and by the settings of this node. */
export interface Reachable {
  private: boolean;
  loopback: boolean;
}

const PRIVATE = new Set(['private', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Services inside a cloud that give credentials to any caller. Those on link-local addresses are refused with their range; these are in ranges that
 * are private or public. The IPv6 ones have a block each, with more than one such service in it.
 */
const CLOUD_SERVICES = [
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure
  '192.0.0.192/32', // Oracle
  'fd00:ec2::/32', // AWS: metadata, and credentials of containers
  'fd20:ce::/32', // Google
  'fd00:c1::/32', // Oracle
  'fd00:42::/32', // Scaleway
].map((block) => ipaddr.parseCIDR(block));
/** All that IANA gives out as global unicast. The rest of IPv6 is unassigned, or forms that wrap IPv4 (`::7f00:1`, RFC 4291 2.5.5.1). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** The interface identifier of ISATAP (RFC 5214), which has an IPv4 address in its last 32 bits. */
const ISATAP = new Set([0x0000_5efe, 0x0200_5efe]);
/** 169.254.0.0/16 in the last 32 bits: how clouds and translators (RFC 6052, any prefix) write the link-local service in IPv6. */
const LINK_LOCAL_V4 = 0xa9fe;

/**
 * Why the exchange does not connect to an address; undefined where it may. Public unicast is allowed, every other range only by name. An address that
 * wraps another one (IPv4-mapped or -compatible, 6to4, Teredo, ISATAP, NAT64) is never allowed.
 */
export function refusedAddress(address: string, { private: isPrivate, loopback }: Reachable): string | undefined {
  if (!ipaddr.isValid(address)) return 'the name does not resolve to an address';
  const parsed = ipaddr.parse(address);
  if (CLOUD_SERVICES.some(([block, bits]) => parsed.kind() === block.kind() && parsed.match(block, bits))) {
    return 'the address gives out the credentials of a cloud';
  }
  const range = parsed.range();
  if (range === 'loopback') return loopback ? undefined : 'it is this machine itself (loopback)';
  if (parsed instanceof ipaddr.IPv6 && wrapsAnother(parsed)) return 'the address wraps another one';
  if (range === 'unicast') {
    const isPublic = parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
    return isPublic ? undefined : 'no upstream lies in this range of addresses (not global unicast)';
  }
  if (PRIVATE.has(range))
    return isPrivate ? undefined : 'the address is private, and the upstream is not approved as private';
  return `no upstream lies in this range of addresses (${range})`;
}

function wrapsAnother({ parts }: ipaddr.IPv6): boolean {
  const [high = 0, low = 0, last = 0] = parts.slice(4);
  return ISATAP.has(high * 0x1_0000 + low) || last === LINK_LOCAL_V4;
}

export function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback';
}
