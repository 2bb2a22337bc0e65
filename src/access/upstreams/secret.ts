import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Problem } from '../../platform/errors.js';
import { readPrivateFile, writePrivateFile } from '../../platform/private-file.js';
import { type Upstream, upstreamId } from './upstream.js';

/** What the exchange shows an upstream: a database user, a bearer token (RFC 6750), or a header of the department's own. */
export type Secret =
  | { kind: 'password'; user: string; password: string }
  | { kind: 'bearer'; token: string }
  | { kind: 'header'; header: string; value: string };

type Bound = Pick<Upstream, 'publisher' | 'name' | 'host' | 'port'>;

interface StoredSecret {
  /** SHA-256 (hex) of publisher, name, host and port: the secret works for nothing else. */
  boundTo: string;
  secret: Secret;
}

/**
 * Keeps a secret in `<keys>/upstreams/<publisher>/<name>` (0600), never in the database. Only calls of the upstream that it was entered for read it.
 * A new host or port needs the secret again.
 */
export function storeSecret(keysDirectory: string, upstream: Bound, secret: Secret): void {
  const path = pathOf(keysDirectory, upstream);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const stored: StoredSecret = { boundTo: bindingOf(upstream), secret };
  writePrivateFile(path, JSON.stringify(stored));
}

/** @throws Problem upstream-refused: no secret, a file that others can read, or a secret for another host */
export function openSecret(keysDirectory: string, upstream: Bound): Secret {
  const stored = read(pathOf(keysDirectory, upstream));
  if (stored === undefined) {
    throw new Problem(
      'upstream-refused',
      `This node has no secret for the upstream ${upstreamId(upstream.publisher, upstream.name)}.`,
    );
  }
  if (stored.boundTo !== bindingOf(upstream)) {
    throw new Problem('upstream-refused', 'The secret was entered for another host or port: enter it again.');
  }
  return stored.secret;
}

/**
 * Removes from this node every secret that nothing may use any more: its upstream was withdrawn, or approved without a secret, or for another host or
 * port. One whose upstream is not known stays. Throws the system's error.
 */
export function dropSecrets(keysDirectory: string, upstreams: ReadonlyMap<string, Upstream>): void {
  const folder = join(keysDirectory, 'upstreams');
  for (const publisher of filesOf(folder)) {
    for (const file of filesOf(join(folder, publisher))) {
      const [name = ''] = file.split('.', 1); // a write that was cut off leaves `<name>.<pid>.new`
      const upstream = upstreams.get(upstreamId(publisher, name));
      if (upstream !== undefined && !usesSecret(keysDirectory, upstream)) rmSync(join(folder, publisher, file));
    }
  }
}

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function usesSecret(keysDirectory: string, upstream: Upstream): boolean {
  if (upstream.status === 'withdrawn' || !upstream.secret) return false;
  const stored = read(pathOf(keysDirectory, upstream));
  return stored === undefined || stored.boundTo === bindingOf(upstream);
}

function read(path: string): StoredSecret | undefined {
  try {
    const text = readPrivateFile(path);
    return text === undefined ? undefined : (JSON.parse(text) as StoredSecret);
  } catch {
    // The parser's message may quote the secret.
    throw new Problem('upstream-refused', "The upstream's secret cannot be read: enter it again.");
  }
}

/** Both names are slugs, so the path cannot leave the folder. */
function pathOf(keysDirectory: string, { publisher, name }: Bound): string {
  return join(keysDirectory, 'upstreams', publisher, name);
}

function bindingOf({ publisher, name, host, port }: Bound): string {
  return hash('sha256', JSON.stringify([publisher, name, host.toLowerCase(), port]), 'hex');
}
