import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { itemIn } from '../../platform/structured-field.js';
import { type Claim, claimKey, cleanKeys, releaseKey, type StoredReply, storeReply } from './idempotency-store.js';

export type { StoredReply } from './idempotency-store.js';

/**
 * What the key was used with. A string if the body is in memory. For a streamed body, `drain` reads the rest and
 * returns the digest, and `seen` returns it after `run` has read the body.
 */
export type BodyDigest = string | { drain(): Promise<string>; seen(): string };

/** Wider than a token of RFC 9651, which starts with a letter: a bare UUID must be accepted. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z:/]{1,128}$/;

/**
 * Reads `Idempotency-Key`: an RFC 9651 string, or a bare token of at most 128 characters.
 * @throws Problem idempotency-key-missing, bad-header
 */
export function idempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') {
    throw new Problem('idempotency-key-missing', undefined, {
      faults: [{ parameter: 'Idempotency-Key', reason: 'missing', expected: 'a key of this request, such as a UUID' }],
    });
  }
  if (typeof header === 'string') {
    if (TOKEN.test(header)) return header;
    const key = itemIn(header);
    if (typeof key === 'string' && key !== '' && key.length <= 128) return key;
  }
  throw new Problem('bad-header', undefined, {
    faults: [
      {
        parameter: 'Idempotency-Key',
        reason: 'not one string or token',
        expected: 'an RFC 9651 string or a token, at most 128 characters',
      },
    ],
  });
}

/** SHA-256 (hex) of the parsed body of a JSON route. */
function bodyDigest(body: unknown): string {
  return hash('sha256', JSON.stringify(body ?? null), 'hex');
}

/**
 * Carries out a creating POST once per key, in the scope of issuer, subject and route (method and path): the same key
 * and body get the stored reply. The caller authorises first, so a stored reply needs the right to see it. If `run`
 * throws, nothing was created: the key is free again and the sender may retry.
 * @throws Problem idempotency-key-missing, bad-header, idempotency-key-reused, in-progress, or what `run` throws
 */
export async function idempotent(
  exchange: Exchange,
  request: FastifyRequest,
  digest: BodyDigest | undefined,
  run: () => Promise<StoredReply>,
): Promise<StoredReply> {
  const claim = claimOf(exchange, request);
  await cleanKeys(exchange);
  const given = digest ?? bodyDigest(request.body);
  const known = typeof given === 'string' ? given : null;
  const taken = await claimKey(exchange, claim, known);
  if (taken.state === 'in-progress') {
    if (known !== null && taken.digest !== null && taken.digest !== known) throw new Problem('idempotency-key-reused');
    throw new Problem('in-progress', undefined, { retryAfter: 1 });
  }
  if (taken.state === 'done') {
    const again = typeof given === 'string' ? given : await given.drain();
    if (again !== taken.digest) throw new Problem('idempotency-key-reused');
    return taken.reply;
  }
  let reply: StoredReply;
  try {
    reply = await run();
  } catch (error) {
    await releaseKey(exchange, taken.claim).catch(() => undefined); // the claim ends with this node at the latest
    throw error;
  }
  const digestRead = typeof given === 'string' ? given : given.seen();
  // What was created stays, so the reply is sent even if it can't be stored. A retry then gets 409 until the claim
  // expires.
  await storeReply(exchange, taken.claim, digestRead, reply).catch(() => undefined);
  return reply;
}

export function sendKept(reply: FastifyReply, { status, headers, body }: StoredReply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

function claimOf(exchange: Exchange, request: FastifyRequest): Claim {
  const { subject } = request;
  const path = request.url.split('?', 1)[0] ?? '';
  return {
    issuer: subject.issuer,
    subject: subject.sub,
    route: `${request.method} ${path}`,
    key: idempotencyKey(request.headers['idempotency-key']),
    node: exchange.node,
  };
}
