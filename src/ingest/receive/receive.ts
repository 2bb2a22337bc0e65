import { createHash, type Hash, timingSafeEqual } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errorCode, Problem } from '../../platform/errors.js';
import { type Spool, type Spooled, spool } from '../readers/spool.js';

/** What the sender states about the body. */
export interface DeliveryManifest {
  encoding: 'identity' | 'gzip';
  /** SHA-256 of the body as sent, from `Content-Digest` (RFC 9530). */
  stated: Buffer | undefined;
  limitBytes: number;
}

/** A body that is being read: bytes and digest as sent, for any encoding. */
export interface Body {
  manifest: DeliveryManifest;
  /** Decoded bytes. Throws Problem too-large, bad-body, digest-mismatch. */
  content(): AsyncIterable<Buffer>;
  bytes(): number;
  /** SHA-256, complete when the content has ended. */
  digest(): Buffer;
  /** Reads and discards the rest. */
  drain(): Promise<void>;
  /** Stores the whole on disk; `content` then reads it there. What breaks off on the way is thrown by `content`. */
  arrive(at: Spool): Promise<void>;
  /** Frees what `arrive` stored. */
  close(): Promise<void>;
}

/** Maximal growth of a gzip body; text hardly exceeds 20, a bomb reaches 1,000. */
const RATIO_AT_MOST = 100;
/** Below this size the ratio is not checked. */
const RATIO_FROM_BYTES = 8 * 1024 * 1024;

/** Reads a body once, counting and hashing: fastify does not apply its bodyLimit to streams. */
export function receive(stream: Readable, manifest: DeliveryManifest): Body {
  const meter: Meter = { hash: createHash('sha256'), bytes: 0, digest: undefined };
  let arrived: Spooled | undefined;
  // A reader that stops early must not destroy the request: its socket carries the reply.
  let source = (): AsyncIterable<Buffer> => stream.iterator({ destroyOnReturn: false });
  const sent = metered(() => source(), meter, manifest);
  return {
    manifest,
    content: () => (manifest.encoding === 'gzip' ? gunzipped(sent, meter, manifest.limitBytes) : sent),
    bytes: () => meter.bytes,
    digest: () => meter.digest ?? Buffer.alloc(0),
    drain: async () => {
      if (meter.digest === undefined) for await (const _ of metered(source, meter, manifest));
    },
    arrive: async (at) => {
      const whole: ArrivedBody = { broken: undefined };
      const stored = await spool(untilBroken(source(), whole, manifest.limitBytes), at);
      arrived = stored;
      source = () => readAgain(stored, whole);
    },
    close: async () => arrived?.close(),
  };
}

/** How a body ended: broken with this error, or complete. */
interface ArrivedBody {
  broken: { error: unknown } | undefined;
}

/** Ends where the body breaks off, and just beyond the limit: the next reader finds the fault. */
async function* untilBroken(
  chunks: AsyncIterable<Buffer>,
  whole: ArrivedBody,
  limitBytes: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    while (bytes <= limitBytes) {
      const next = await iterator.next().catch((error: unknown) => {
        whole.broken = { error };
      });
      if (next === undefined || next.done === true) return;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

const READ_BYTES = 262_144;

async function* readAgain({ size, read }: Spooled, { broken }: ArrivedBody): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += READ_BYTES) yield await read(at, Math.min(READ_BYTES, size - at));
  if (broken !== undefined) throw broken.error;
}

interface Meter {
  hash: Hash;
  bytes: number;
  digest: Buffer | undefined;
}

async function* metered(
  source: () => AsyncIterable<Buffer>,
  meter: Meter,
  manifest: DeliveryManifest,
): AsyncGenerator<Buffer> {
  for await (const chunk of source()) {
    meter.bytes += chunk.length;
    if (meter.bytes > manifest.limitBytes) throw new Problem('too-large');
    meter.hash.update(chunk);
    yield chunk;
  }
  meter.digest = meter.hash.digest();
  if (manifest.stated !== undefined && !timingSafeEqual(manifest.stated, meter.digest)) {
    throw new Problem('digest-mismatch');
  }
}

async function* gunzipped(sent: AsyncIterable<Buffer>, meter: Meter, limitBytes: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 65_536 });
  pipeline(Readable.from(sent, { objectMode: false }), gunzip, () => undefined); // the iteration below throws the error
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      const bomb = bytes > RATIO_FROM_BYTES && bytes > meter.bytes * RATIO_AT_MOST;
      if (bomb || bytes > limitBytes) throw new Problem('too-large', 'The body grows too large when decompressed');
      yield chunk;
    }
  } catch (error) {
    throw isZlibError(error) ? new Problem('bad-body', 'The body is not sound gzip') : error;
  }
  if (meter.digest === undefined) throw new Problem('bad-body', 'Something follows after the gzip');
}

function isZlibError(error: unknown): boolean {
  return /^Z_/.test(errorCode(error) ?? '');
}
