import { Readable } from 'node:stream';
import { identityToRecipient } from 'age-encryption';
import type pg from 'pg';
import { signAcknowledgement } from '../../ingest/package/acknowledgement.js';
import { BadPackage } from '../../ingest/package/bad-package.js';
import { type Manifest, manifestDigest, readManifest, verifyManifest } from '../../ingest/package/manifest.js';
import { openPackage } from '../../ingest/package/seal.js';
import type { Charset } from '../../ingest/readers/csv/charset.js';
import type { FileType } from '../../ingest/readers/open.js';
import { fileIntake } from '../../ingest/receive/file-intake.js';
import { dropParts, readParts } from '../../ingest/receive/parts.js';
import { receive } from '../../ingest/receive/receive.js';
import { beginUpload } from '../../ingest/receive/upload.js';
import { Problem } from '../../platform/errors.js';
import { receiptHeader } from '../answering/receipt-header.js';
import { deliverAs } from '../delivering/deliver-as.js';
import { digestOf } from '../delivering/recognise.js';
import { appendToUpload } from '../delivering/uploads.js';
import type { Exchange } from '../exchange.js';
import {
  AHEAD_AT_MOST,
  findPackage,
  keepAside,
  lastNumber,
  lockSequence,
  markDelivered,
  missingBefore,
  unlockSequence,
} from './package-sequence.js';

/** The result for a package that arrived. */
export interface PackageOutcome {
  contract: string;
  sender: string;
  number: number;
  /** `repeated`: it arrived before; its acknowledgement has the outcome. */
  state: 'delivered' | 'waiting' | 'repeated';
  /** Only for `waiting`: numbers that must arrive first. */
  missing?: number[];
  /** Signed note, for the way back. */
  acknowledgement?: string;
  /** Packages that waited for this one. */
  followedBy?: PackageOutcome[];
}

/** Parses the media type of a content. Throws Problem unsupported-media-type. */
export type ParseType = (mediaType: string) => { mediaType: FileType; charset: Charset | undefined };

interface Arriving {
  id: string;
  carrier: string;
  parseType: ParseType;
}

interface Verified {
  manifest: Manifest;
  signed: string;
  content: AsyncGenerator<Buffer>;
}

/** age adds a header and 16 bytes to each 64 KiB; the manifest is short. */
const SEAL_BYTES = 1_048_576;

/** Public half of the package key: senders encrypt for it. */
export function packageRecipient({ keys }: Pick<Exchange, 'keys'>): Promise<string> {
  return identityToRecipient(keys.package);
}

/**
 * Receives a package from its carrier: stores it, verifies all of it, then delivers it under its sender's own grant
 * when its number is next.
 * @throws Problem bad-body (changed, truncated, not a package), unprocessable (for another exchange; sender unknown or
 * disabled; signing key not registered; not the successor of the package before), conflict (another package had this
 * number), or as `deliverAs`
 */
export async function receivePackage(
  exchange: Exchange,
  { carrier, body, parseType }: { carrier: string; body: Readable; parseType: ParseType },
): Promise<PackageOutcome> {
  const { app } = exchange.database;
  const upload = await beginUpload(app, {
    id: exchange.clock.uuid(),
    contract: '(package)',
    application: carrier,
    mode: 'snapshot',
    again: false,
    contentType: 'application/vnd.civic-exchange.package',
    encoding: 'identity',
    length: null,
    digest: null,
  });
  const { deliveryLimitBytes } = exchange.config;
  const roomy = {
    ...exchange,
    config: { ...exchange.config, deliveryLimitBytes: deliveryLimitBytes * 1.01 + SEAL_BYTES },
  };
  try {
    await appendToUpload(roomy, upload, { body, stated: undefined });
    const arriving = { id: upload.id, carrier, parseType };
    return await inTurn(exchange, arriving);
  } finally {
    await endSpool(app, upload.id);
  }
}

/** The bytes stay only if the package waits under this id. */
async function endSpool(pool: pg.Pool, id: string): Promise<void> {
  await pool.query('DELETE FROM exchange.upload WHERE id = $1', [id]);
  await pool.query(
    `DELETE FROM exchange.part WHERE whole = $1
       AND NOT EXISTS (SELECT FROM exchange.package WHERE id = $1 AND state = 'waiting')`,
    [id],
  );
}

async function inTurn(exchange: Exchange, arriving: Arriving): Promise<PackageOutcome> {
  const verified = await openVerified(exchange, arriving.id);
  const { manifest } = verified;
  const client = await exchange.database.app.connect();
  try {
    if (!(await lockSequence(client, manifest))) {
      throw new Problem('in-progress', 'Another package of this sender is being delivered.', { retryAfter: 5 });
    }
    try {
      return await takeTurn(exchange, client, { arriving, verified });
    } finally {
      await unlockSequence(client, manifest);
    }
  } finally {
    client.release();
  }
}

async function takeTurn(
  exchange: Exchange,
  client: pg.ClientBase,
  { arriving, verified }: { arriving: Arriving; verified: Verified },
): Promise<PackageOutcome> {
  const { manifest, signed } = verified;
  const { contract, sender, number } = manifest;
  const told = { contract, sender, number };
  const digest = Buffer.from(manifestDigest(signed), 'hex');
  arriving.parseType(manifest.mediaType); // an unreadable file is refused before it uses the number
  const known = await findPackage(client, manifest, number);
  if (known !== undefined && !known.manifest.equals(digest)) {
    throw new Problem('conflict', `Another package ${number} of ${sender} for ${contract} has arrived before.`);
  }
  if (known?.state === 'delivered') return { ...told, state: 'repeated', acknowledgement: known.acknowledgement };
  const last = await lastNumber(client, manifest);
  if (number > last + AHEAD_AT_MOST) {
    throw new Problem('unprocessable', `Package ${last + 1} has not arrived; ${number} is too far ahead to wait.`);
  }
  if (known === undefined) {
    await checkChain(client, manifest);
    await keepAside(client, { id: arriving.id, manifest, digest, carrier: arriving.carrier });
  }
  if (number > last + 1) return { ...told, state: 'waiting', missing: await missingBefore(client, manifest, number) };
  const first = await deliverOne(exchange, client, { arriving, verified, id: known?.id ?? arriving.id });
  const followedBy = await deliverWaiting(exchange, client, { arriving, manifest });
  return followedBy.length === 0 ? first : { ...first, followedBy };
}

/** Each package names the one before it, so two installations of a sender that number separately are detected. */
async function checkChain(client: pg.ClientBase, manifest: Manifest): Promise<void> {
  const before = await findPackage(client, manifest, manifest.number - 1);
  const expected = before?.manifest.toString('hex') ?? null;
  const unknown = before === undefined && manifest.number > 1;
  if (!unknown && expected !== manifest.previous) {
    const detail = `Package ${manifest.number} does not follow the package ${manifest.number - 1} that has arrived.`;
    throw new Problem('unprocessable', detail);
  }
}

async function deliverOne(
  exchange: Exchange,
  client: pg.ClientBase,
  { arriving, verified, id }: { arriving: Arriving; verified: Verified; id: string },
): Promise<PackageOutcome> {
  const { manifest, signed, content } = verified;
  const { contract, sender, number, mode } = manifest;
  const type = arriving.parseType(manifest.mediaType);
  const stated = Buffer.from(manifest.sha256, 'hex');
  const body = receive(Readable.from(content), {
    encoding: manifest.encoding,
    stated,
    limitBytes: exchange.config.deliveryLimitBytes,
  });
  const intake = fileIntake(exchange, { ...type, body });
  const run = { application: sender, contractId: contract, mode, intake };
  const { delivery, receipt } = await deliverAs(exchange, run).catch(async (error) => {
    // The number is not used: after the repair the sender can send the same package again.
    await client.query('DELETE FROM exchange.package WHERE id = $1', [id]);
    if (id !== arriving.id) await dropParts(client, id);
    throw error;
  });
  const { received, accepted, rejected } = delivery.counts;
  const acknowledgement = signAcknowledgement(
    {
      ...{ contract, sender, number, manifest: manifestDigest(signed), delivery: delivery.id, state: delivery.state },
      ...{ received, accepted, rejected, release: delivery.release, digest: digestOf(intake) },
      receipt: receiptHeader(receipt),
    },
    `${new URL(exchange.config.publicUrl).host}/civic-exchange`,
    exchange.keys.checkpointSigner,
  );
  await markDelivered(client, id, { delivery: delivery.id, acknowledgement });
  await dropParts(client, id);
  return { contract, sender, number, state: 'delivered', acknowledgement };
}

/** Delivers the packages that are next now. One that fails keeps waiting; the sender's next package tries again. */
async function deliverWaiting(
  exchange: Exchange,
  client: pg.ClientBase,
  { arriving, manifest }: { arriving: Arriving; manifest: Manifest },
): Promise<PackageOutcome[]> {
  const outcomes: PackageOutcome[] = [];
  for (let number = manifest.number + 1; ; number++) {
    const next = await findPackage(client, manifest, number);
    if (next === undefined || next.state !== 'waiting') return outcomes;
    const outcome = await openVerified(exchange, next.id)
      .then((verified) => deliverOne(exchange, client, { arriving, verified, id: next.id }))
      .catch(() => undefined);
    if (outcome === undefined) return outcomes;
    outcomes.push(outcome);
  }
}

/** Decrypts the package and checks the sender's signature over the whole manifest. */
async function openVerified(exchange: Exchange, id: string): Promise<Verified> {
  try {
    const recipient = await packageRecipient(exchange);
    const opened = await openPackage(readParts(exchange.database.app, id), {
      identity: exchange.keys.package,
      recipient,
    });
    const manifest = readManifest(opened.signed);
    if (manifest.recipient !== recipient)
      throw new BadPackage('Its manifest names another exchange than its seal.', 'refused');
    const sender = exchange.policy.current().applications.get(manifest.sender);
    if (sender === undefined) throw new BadPackage(`Its sender ${manifest.sender} is not registered.`, 'refused');
    if (sender.status !== 'active')
      throw new BadPackage(`Its sender ${manifest.sender} is ${sender.status}.`, 'refused');
    await verifyManifest(opened.signed, sender.jwks.keys);
    return { manifest, signed: opened.signed, content: withProblems(opened.content) };
  } catch (error) {
    throw asProblem(error);
  }
}

async function* withProblems(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* content;
  } catch (error) {
    throw asProblem(error);
  }
}

function asProblem(error: unknown): unknown {
  if (!(error instanceof BadPackage)) return error;
  return new Problem(error.kind === 'damaged' ? 'bad-body' : 'unprocessable', error.message);
}
