import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Fault } from '../../platform/errors.js';
import { refusedAddress } from './address.js';
import { UPSTREAM_KINDS, type UpstreamDraft } from './upstream.js';

/** Labels of letters, digits and hyphens (RFC 1123), or underscores, which private networks have. A slash or a leading dot would be a path. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;
const DATABASE = /^[^\s/\\'"`;\0]{1,128}$/;
/** No segment is dots alone (a URL would fold it) or has characters with a meaning in a URL. */
const PATH_PREFIX = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+$/;

/** Every fault in a draft; empty where it can be approved. */
export function checkUpstream(draft: UpstreamDraft): Fault[] {
  const faults: Fault[] = [];
  const say = (pointer: string, reason: string, expected?: string) =>
    void faults.push({ pointer, reason, ...(expected === undefined ? {} : { expected }) });
  if (!UPSTREAM_KINDS.includes(draft.kind)) say('/kind', 'not one of these', UPSTREAM_KINDS.join(', '));
  if (isIP(draft.host) === 0 && !HOST_NAME.test(draft.host)) say('/host', 'neither a host name nor an address');
  const unreachable = isIP(draft.host) === 0 ? undefined : refusedAddress(draft.host, { ...draft, loopback: true });
  if (unreachable !== undefined) say('/host', unreachable);
  if (!Number.isInteger(draft.port) || draft.port < 1 || draft.port > 65_535) say('/port', 'not a port', '1 to 65535');
  if (draft.tls !== 'required' && draft.tls !== 'none') say('/tls', 'not one of these', 'required, none');
  if (draft.ca !== undefined && !isCertificate(draft.ca)) say('/ca', 'not a certificate in PEM');
  if (draft.kind === 'http') checkApi(draft, say);
  else checkDatabase(draft, say);
  return faults;
}

type Say = (pointer: string, reason: string, expected?: string) => void;

function checkApi({ database, pathPrefix }: UpstreamDraft, say: Say): void {
  if (database !== undefined) say('/database', 'an API has none');
  if (pathPrefix !== undefined && !PATH_PREFIX.test(pathPrefix)) {
    say('/pathPrefix', 'not a path', 'a path such as /v2, without final slash, query or escapes');
  }
}

function checkDatabase({ database, pathPrefix }: UpstreamDraft, say: Say): void {
  if (database === undefined) say('/database', 'missing');
  else if (!DATABASE.test(database)) say('/database', 'not the name of a database');
  if (pathPrefix !== undefined) say('/pathPrefix', 'a database has none');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
