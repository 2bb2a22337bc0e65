import { createWriteStream } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  /** Throws Error where the body is not a JSON object. */
  json(): Record<string, unknown>;
}

export interface Sending {
  method: string;
  headers: Record<string, string>;
  body: string | Readable;
  /** Gives the request up; it rejects then. */
  signal?: AbortSignal | undefined;
  /** File that takes the body of a success (0600), in place of `text`. */
  into?: string | undefined;
}

/** One request, its body text or a stream. No time limit of its own: a large delivery takes as long as it takes (fetch gives up after five minutes). */
export async function send(url: string, { method, headers, body, signal, into }: Sending): Promise<Reply> {
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = open(url, { method, headers, ...(signal === undefined ? {} : { signal }) });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  // A server that refuses early stops reading: its answer says more than the broken pipe. With no answer, the pipe's error does.
  // An empty one is sent as none: chunks of nothing would be a body without a type.
  const content = typeof body === 'string' ? Readable.from(body === '' ? [] : [body]) : body;
  if (body === '') request.setHeader('content-length', '0');
  const sent = pipeline(content, request).then(
    () => undefined,
    (error: unknown) => error,
  );
  const response = await answered.catch(async (error: unknown) => {
    throw (await sent) ?? error;
  });
  const chunks: Buffer[] = [];
  if (into !== undefined && response.statusCode === 200) {
    await pipeline(response, createWriteStream(into, { mode: 0o600 }));
  } else for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: () => {
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null) throw new Error('The reply is not a JSON object.');
      return value as Record<string, unknown>;
    },
  };
}
