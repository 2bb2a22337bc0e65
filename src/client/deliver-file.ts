import type { Readable } from 'node:stream';
import type { Clock } from '../platform/clock.js';
import { isObject } from '../platform/json-pointer.js';
import { accessToken } from './access-token.js';
import { send } from './http.js';
import type { PrivateJwk } from './private-jwk.js';

/** A file as a publisher sends it, with its own headings and codes. */
export interface PublisherFile {
  /** `police/resident` */
  dataset: string;
  major: number;
  filename: string;
  /** With its charset: the value of Content-Type. */
  mediaType: string;
  encoding: 'utf-8' | 'gb18030';
  gzip: boolean;
  /** Client id of the publisher's or contributor's application that delivers it. */
  deliveredBy: string;
  /** A delta where others deliver other parts of the same dataset; else all of the deliverer's part. */
  mode: 'snapshot' | 'delta';
  /** The bytes to deliver, made while they are read: nothing is held in memory. A new stream on each call. */
  stream(): Readable;
}

/** The address of the exchange, and the keys of its publishers' applications. */
export interface DeliveryTarget {
  /** The address to connect to; no trailing slash. */
  baseUrl: string;
  issuer: string;
  tokenEndpoint: string;
  resource: string;
  /** Throws Error where the application is unknown. */
  keyOf(clientId: string): PrivateJwk;
  clock: Clock;
}

/** What the exchange reports of a delivery. */
export interface Delivered {
  dataset: string;
  received: number;
  rejected: number;
  deleted: number;
  release: number;
  /** The same file was published before: no new release. */
  unchanged: boolean;
}

/** Delivers one file through the public endpoint. Throws Error with the exchange's reply. */
export async function deliverFile(
  target: DeliveryTarget,
  file: PublisherFile,
  idempotencyKey: string,
): Promise<Delivered> {
  const clientId = file.deliveredBy;
  const { issuer, tokenEndpoint, resource } = target;
  const token = await accessToken(
    { clientId, privateJwk: target.keyOf(clientId), issuer, tokenEndpoint, resource },
    target.clock,
  );
  const reply = await send(`${target.baseUrl}/data/${file.dataset}/v${file.major}/deliveries?mode=${file.mode}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': file.mediaType,
      ...(file.gzip ? { 'content-encoding': 'gzip' } : {}),
      'idempotency-key': idempotencyKey,
    },
    body: file.stream(),
  });
  const said = parse(reply.text);
  if (reply.status === 201 && said.state === 'published') {
    const count = (name: string) => Number(said[name] ?? 0);
    return {
      dataset: file.dataset,
      received: count('received'),
      rejected: count('rejected'),
      deleted: count('deleted'),
      release: count('release'),
      unchanged: isObject(said.report) && said.report.unchanged !== undefined,
    };
  }
  const why = said.detail ?? said.title ?? (said.report === undefined ? '' : JSON.stringify(said.report));
  throw new Error(`${file.dataset} was not published: ${reply.status} ${said.state ?? ''} ${why}`.trimEnd());
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
