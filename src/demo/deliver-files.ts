import { accessToken } from '../client/access-token.js';
import { send } from '../client/http.js';
import type { Clock } from '../platform/clock.js';
import { publisherApplication } from './demo-applications.js';
import type { PrivateJwk } from './demo-keys.js';
import type { PublisherFile } from './publisher-file.js';

/** Where the exchange is, and the keys of its publishers' applications. */
export interface Door {
  /** What is connected to; no trailing slash. */
  baseUrl: string;
  issuer: string;
  tokenEndpoint: string;
  resource: string;
  /** Throws Error where the application is unknown. */
  keyOf(clientId: string): PrivateJwk;
  clock: Clock;
}

/** What the exchange said of a delivery. */
export interface Delivered {
  dataset: string;
  received: number;
  rejected: number;
  deleted: number;
  release: number;
  /** The same file was published before and nothing has changed since: no new release. */
  unchanged: boolean;
}

/** Hands one file over as its publisher's or contributor's application, through the public endpoint. Throws Error saying what the exchange answered. */
export async function deliverFile(door: Door, file: PublisherFile, idempotencyKey: string): Promise<Delivered> {
  const clientId = file.contributor ?? publisherApplication(file.dataset.split('/')[0]!);
  const { issuer, tokenEndpoint, resource } = door;
  const token = await accessToken(
    { clientId, privateJwk: door.keyOf(clientId), issuer, tokenEndpoint, resource },
    door.clock,
  );
  const reply = await send(`${door.baseUrl}/data/${file.dataset}/v${file.major}/deliveries?mode=${file.mode}`, {
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
      unchanged: (said.report as { unchanged?: unknown } | undefined)?.unchanged !== undefined,
    };
  }
  const why = said.detail ?? said.title ?? (said.report === undefined ? '' : JSON.stringify(said.report));
  throw new Error(`${file.dataset} was not published: ${reply.status} ${said.state ?? ''} ${why}`.trimEnd());
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
