import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { isObject } from '../platform/json-pointer.js';

export interface Reply {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  text: string;
  /** Throws Error where the body is not a JSON object. */
  json(): Record<string, unknown>;
}

export interface Sending {
  method: string;
  headers: Record<string, string>;
  body: string | Readable;
  /** Aborts the request, which then rejects. */
  signal?: AbortSignal | undefined;
  /** File for the body of a success (0600), instead of `text`. */
  into?: string | undefined;
}

/** A large delivery may take long: with undici's default, a reply that takes five minutes fails. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

/**
 * Sends one request; its body is text or a stream. The reply of a server that refuses before reading the body is returned all the same. Rejects where
 * the server does not answer, or the connection breaks.
 */
export async function send(url: string, { method, headers, body, signal, into }: Sending): Promise<Reply> {
  const content = body === '' ? null : body;
  const reply = await request(url, { method, headers, body: content, signal: signal ?? null, dispatcher });
  const isFile = into !== undefined && reply.statusCode === 200;
  if (isFile) await pipeline(reply.body, createWriteStream(into, { mode: 0o600 }));
  const text = isFile ? '' : await reply.body.text();
  return {
    status: reply.statusCode,
    headers: reply.headers,
    text,
    json: () => {
      const value: unknown = JSON.parse(text);
      if (!isObject(value)) throw new Error('The reply is not a JSON object.');
      return value;
    },
  };
}
