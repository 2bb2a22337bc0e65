import { Readable } from 'node:stream';
import type { Receipt } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import type { Ended } from '../../ingest/publish/publish.js';
import { readParts, storeParts } from '../../ingest/receive/parts.js';
import { type Body, receive } from '../../ingest/receive/receive.js';
import {
  appendPart,
  claimUpload,
  dropUpload,
  endUpload,
  truncateUpload,
  type Upload,
  unclaimUpload,
} from '../../ingest/receive/upload.js';
import { Problem, type ProblemCode } from '../../platform/errors.js';
import { deliver } from '../deliver.js';
import type { Exchange } from '../exchange.js';
import type { Offer } from './begin-delivery.js';
import { readDelivery } from './deliveries.js';
import { cancelledEntry, type PermittedCall } from './delivery-entries.js';
import { recoverDeliveries } from './recover-deliveries.js';

/**
 * Appends a body to an upload and stores it in parts as it arrives. Returns the new offset.
 * @throws Problem too-large, bad-body (it broke off; the bytes so far are kept), digest-mismatch (nothing of it is
 * kept), conflict
 */
export async function appendToUpload(
  { database, config }: Pick<Exchange, 'database' | 'config'>,
  upload: Upload,
  { body, stated }: { body: Readable; stated: Buffer | undefined },
): Promise<number> {
  const limitBytes = Math.min(config.deliveryLimitBytes, upload.length ?? Number.POSITIVE_INFINITY);
  const sent = receive(body, { encoding: 'identity', stated, limitBytes });
  const store = (bytes: Buffer, offset: number) => appendPart(database.app, upload.id, { offset, bytes });
  try {
    return await storeParts(sent.content(), { offset: upload.received, limitBytes, store });
  } catch (error) {
    if (error instanceof Problem && error.code === 'digest-mismatch') {
      await truncateUpload(database.app, upload.id, upload.received);
    }
    throw error;
  }
}

/** The whole upload, read part by part. */
export function bodyOfUpload({ database, config }: Pick<Exchange, 'database' | 'config'>, upload: Upload): Body {
  const { encoding, digest } = upload;
  const stream = Readable.from(readParts(database.app, upload.id, upload.received));
  const body = receive(stream, { encoding, stated: digest ?? undefined, limitBytes: config.deliveryLimitBytes });
  return { ...body, arrive: async () => {} }; // its parts are stored already
}

/** After these errors another attempt would end in the same way. */
const FINAL: ReadonlySet<ProblemCode> = new Set(['bad-body', 'digest-mismatch', 'too-large']);

/**
 * Delivers an upload. Its bytes are deleted when the delivery ends. If it fails for a reason outside of the bytes, they
 * stay and any node may try again.
 * @throws Problem in-progress if another delivery has the upload, or as `deliver`
 */
export async function deliverUpload(exchange: Exchange, offer: Offer, upload: Upload): Promise<Ended> {
  const { app } = exchange.database;
  const claim = () => claimUpload(app, upload.id, { delivery: offer.id, received: upload.received });
  if (!(await claim())) {
    await recoverDeliveries(exchange); // the other delivery may be of a node that died
    if (!(await claim())) throw new Problem('in-progress', 'A delivery has taken this upload.', { retryAfter: 1 });
  }
  try {
    const ended = await deliver(exchange, offer);
    await endUpload(app, upload.id);
    return ended;
  } catch (error) {
    await ((await isOver(exchange, offer, { error, upload })) ? endUpload : unclaimUpload)(app, upload.id);
    throw error;
  }
}

/** Cancels an upload without a delivery and deletes its bytes. @throws Problem conflict */
export async function cancelUpload(exchange: Exchange, { id }: Upload, by: PermittedCall): Promise<Receipt> {
  if (!(await dropUpload(exchange.database.app, id)))
    throw new Problem('conflict', 'A delivery has taken this upload over.');
  return (await enter(exchange.log, cancelledEntry(by, id))).receipt;
}

async function isOver(
  exchange: Exchange,
  { id, call }: Offer,
  { error, upload }: { error: unknown; upload: Upload },
): Promise<boolean> {
  if (error instanceof Problem && FINAL.has(error.code)) return true;
  const by = { application: call.subject.sub, contractId: upload.contract, id };
  return (await readDelivery(exchange, by))?.state === 'cancelled';
}
