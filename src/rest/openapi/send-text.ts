import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

/** A large text that anyone may ask for: made into bytes once. */
export interface SentText {
  plain: Buffer;
  gzip: Buffer;
  etag: string;
}

const compress = promisify(gzip);

export async function sentText(text: string): Promise<SentText> {
  const plain = Buffer.from(text);
  // Weak: both encodings have it.
  return { plain, gzip: await compress(plain), etag: `W/"${hash('sha256', plain, 'base64url').slice(0, 22)}"` };
}

/** Sends it compressed where the caller takes that, and not at all where the caller has it (RFC 9110, 13.1.2). */
export function sendText(request: FastifyRequest, reply: FastifyReply, text: SentText): FastifyReply {
  reply.header('etag', text.etag).header('vary', 'Accept-Encoding');
  if (request.headers['if-none-match']?.includes(text.etag) === true) return reply.code(304).send();
  const encoding = new Negotiator({ headers: request.headers }).encoding(['gzip', 'identity']);
  return encoding === 'gzip' ? reply.header('content-encoding', 'gzip').send(text.gzip) : reply.send(text.plain);
}
