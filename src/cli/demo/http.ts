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

/** One request, its body text or a stream. No time limit of its own: a large delivery takes as long as it takes (fetch gives up after five minutes). */
export async function send(
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: string | Readable },
): Promise<Reply> {
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = open(url, { method, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  // A server that refuses early stops reading: its answer says more than the broken pipe. With no answer, the pipe's error does.
  const sent = pipeline(typeof body === 'string' ? Readable.from([body]) : body, request).then(
    () => undefined,
    (error: unknown) => error,
  );
  const response = await answered.catch(async (error: unknown) => {
    throw (await sent) ?? error;
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
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
