import type { IncomingMessage } from 'node:http';

const SLASH = '/'.charCodeAt(0);
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)/i;

/**
 * The path and query of the request target. The host of a target in absolute form replaces `Host` (RFC 9112, 3.2.2), so
 * that the check of hosts and every link see the one that was asked for.
 */
export function originForm(request: IncomingMessage): string {
  const { url = '' } = request;
  if (url.charCodeAt(0) === SLASH) return url;
  const [, host, rest = ''] = ABSOLUTE.exec(url) ?? [];
  if (host === undefined) return url;
  request.headers.host = host;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether the path, as sent, is one that none of ours is: an encoded separator or dot segment, or an empty or dot segment. */
export function isForeignPath(url: string): boolean {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return (
    (path.includes('%') && /%(2f|5c|2e|00)/i.test(path)) ||
    path.includes('//') ||
    (path.includes('/.') && /\/\.\.?(\/|$)/.test(path))
  );
}
