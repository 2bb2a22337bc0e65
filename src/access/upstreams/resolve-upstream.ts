import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import type { Keys } from '../../platform/keys/keys.js';
import type { Policy } from '../policy/policy.js';
import { isLoopback, refusedAddress } from './address.js';
import { openSecret, type Secret } from './secret.js';
import { type Upstream, type UpstreamKind, upstreamId } from './upstream.js';

/** Every address of a host, in the order to try them. */
export type HostLookup = (host: string) => Promise<readonly string[]>;

export interface Outbound {
  policy: Policy;
  config: Pick<Config, 'outboundLoopback'>;
  keys: Pick<Keys, 'directory'>;
  /** Default: the system's resolver. */
  lookup?: HostLookup | undefined;
}

/** An upstream that may be called now, at the address that was checked. A caller connects to `address` and never resolves the name again. */
export interface ReachedUpstream {
  upstream: Upstream;
  /** IPv4 or IPv6. */
  address: string;
  /** Undefined where the upstream has none. */
  secret: Secret | undefined;
  /** For the connection; undefined = in the clear, on loopback. The certificate is checked against the upstream's own host name. */
  tls: ConnectionOptions | undefined;
  /** Throws Problem upstream-refused once the upstream is withdrawn, or approved with other settings. */
  stillApproved(): void;
}

/**
 * Opens the way to one upstream of a publisher. The name is resolved and checked at every run: a name that now points elsewhere is refused (DNS
 * rebinding), and the connection uses the checked address.
 * @throws Problem upstream-refused (not approved, of another kind, a forbidden address, no secret for this host), upstream-failed (the name does not
 * resolve)
 */
export async function resolveUpstream(
  outbound: Outbound,
  wanted: { publisher: string; name: string; kind: UpstreamKind },
): Promise<ReachedUpstream> {
  const upstream = approved(outbound.policy, wanted);
  const address = await addressOf(outbound, upstream);
  if (upstream.tls === 'none' && !isLoopback(address)) {
    throw refused(upstream, 'it is approved without TLS, which is for loopback only');
  }
  return {
    upstream,
    address,
    secret: upstream.secret ? openSecret(outbound.keys.directory, upstream) : undefined,
    tls: upstream.tls === 'none' ? undefined : tlsOf(upstream),
    stillApproved: () => {
      // Unchanged records keep their identity across reloads of the policy.
      if (approved(outbound.policy, wanted) !== upstream) throw refused(upstream, 'its approval changed meanwhile');
    },
  };
}

function approved(
  policy: Policy,
  { publisher, name, kind }: { publisher: string; name: string; kind: UpstreamKind },
): Upstream {
  const id = upstreamId(publisher, name);
  const upstream = policy.current().upstreams.get(id);
  if (upstream === undefined) throw new Problem('upstream-refused', `The upstream ${id} is not approved.`);
  if (upstream.status !== 'approved')
    throw new Problem('upstream-refused', `The upstream ${id} was ${upstream.status}.`);
  if (upstream.kind !== kind) throw refused(upstream, `it is approved as ${upstream.kind}, not as ${kind}`);
  return upstream;
}

/** Every address must be allowed: the resolver can also choose among them. */
async function addressOf({ config, lookup = lookUp }: Outbound, upstream: Upstream): Promise<string> {
  const addresses = await lookup(upstream.host).catch(() => []);
  const [first] = addresses;
  if (first === undefined) throw new Problem('upstream-failed', `The host of ${idOf(upstream)} does not resolve.`);
  const reachable = { private: upstream.private, loopback: config.outboundLoopback === 'allow' };
  for (const address of addresses) {
    const reason = refusedAddress(address, reachable);
    if (reason !== undefined) throw refused(upstream, reason);
  }
  return first;
}

async function lookUp(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}

function tlsOf({ host, ca }: Upstream): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    // The connection goes to the checked address; the certificate must be for the name.
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
}

function refused(upstream: Upstream, reason: string): Problem {
  return new Problem('upstream-refused', `The upstream ${idOf(upstream)} is not called: ${reason}.`);
}

const idOf = ({ publisher, name }: Upstream) => upstreamId(publisher, name);
