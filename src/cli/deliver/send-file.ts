import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { serializeItem } from 'structured-headers';
import type { Reply } from '../../client/http.js';
import { systemClock } from '../../platform/clock.js';
import { itemIn, writeDigest } from '../../platform/structured-field.js';
import type { Client } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import type { MediaType } from '../media-type.js';
import { cancelUpload } from './cancel-upload.js';
import { mayPass, type Patience, patience, tried } from './patience.js';

/** Bytes per request: what a broken connection can lose, and what the exchange stores at once. */
const PART_BYTES = 4 * 1024 * 1024;

export interface SendingFile {
  client: Client;
  file: string;
  /** `/data/police/resident/v1`. */
  path: string;
  mode: 'snapshot' | 'delta';
  again: boolean;
  media: MediaType;
  signal: AbortSignal;
  /** Bytes that the exchange has. */
  onSent(bytes: number): void;
}

/** A file that is being sent, and its upload at the exchange. */
interface FileUpload {
  sending: SendingFile;
  path: string;
  bytes: number;
}

/**
 * Delivers a file in parts, continues after a broken connection, and waits while the exchange is busy. Returns the delivery when it has ended, or the
 * refusal. An interrupted command leaves nothing of the file at the exchange.
 * @throws CommandError interrupted, noServer
 */
export async function sendFile(sending: SendingFile): Promise<Reply> {
  const bytes = statSync(sending.file).size;
  const patient = patience(sending.signal);
  const begun = await begin(sending, { bytes, digest: await digestOf(sending.file) }, patient);
  if (begun.status !== 201) return begun;
  const upload: FileUpload = { sending, path: String(begun.headers.location), bytes };
  try {
    const reply = await append(upload, patient);
    if (reply.status >= 400) await cancelUpload(sending.client, upload.path);
    return reply;
  } catch (error) {
    const state = await cancelUpload(sending.client, upload.path).catch(() => 'unknown' as const);
    if (!sending.signal.aborted) throw error;
    throw new CommandError(EXIT.interrupted, `Stopped: ${sending.file} ${WORDS[state]}`);
  }
}

const WORDS = {
  cancelled: 'is cancelled; nothing of it is published.',
  ended: 'had been delivered just before.',
  unknown: 'could not be cancelled: see …/deliveries.',
} as const;

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return writeDigest(hash.digest());
}

/** The same key each time, so that repeated requests create one upload. */
async function begin(
  { client, path, mode, again, media, signal }: SendingFile,
  { bytes, digest }: { bytes: number; digest: string },
  patient: Patience,
): Promise<Reply> {
  const headers = {
    'content-type': media.contentType,
    'content-encoding': media.encoding,
    'idempotency-key': systemClock.uuid(),
    'upload-complete': serializeItem(false),
    'upload-length': String(bytes),
    'repr-digest': digest,
  };
  const target = `${path}/deliveries?mode=${mode}${again ? '&again=true' : ''}`;
  for (;;) {
    const reply = await tried(() => client.send(target, { method: 'POST', headers, signal }), signal);
    if (!(reply instanceof Error) && !mayPass(reply)) return reply;
    await patient.wait(reply);
  }
}

async function append(upload: FileUpload, patient: Patience): Promise<Reply> {
  const { sending } = upload;
  for (let offset = 0; ; ) {
    const reply = await tried(() => sendPart(upload, offset), sending.signal);
    if (!(reply instanceof Error)) {
      if (reply.status === 204) {
        patient.reset();
        offset = Number(reply.headers['upload-offset']);
        sending.onSent(offset);
        continue;
      }
      if (reply.status !== 409 && !mayPass(reply)) return reply;
      if (mayPass(reply) && reply.status === 409) patient.reset(); // it is being delivered, which may take long
    }
    await patient.wait(reply);
    const stands = await look(upload, patient);
    if (typeof stands !== 'number') return stands;
    offset = stands;
    sending.onSent(offset);
  }
}

async function sendPart({ sending, path, bytes }: FileUpload, offset: number): Promise<Reply> {
  const end = Math.min(offset + PART_BYTES, bytes);
  const headers = {
    'content-type': 'application/partial-upload',
    'upload-offset': String(offset),
    'upload-complete': serializeItem(end === bytes),
  };
  const body = end === offset ? '' : createReadStream(sending.file, { start: offset, end: end - 1 });
  return sending.client.send(path, { method: 'PATCH', headers, body, signal: sending.signal });
}

/** The offset to continue from, or the delivery where its reply was lost. Throws CommandError where the upload is gone. */
async function look({ sending, path }: FileUpload, patient: Patience): Promise<number | Reply> {
  const { client, signal } = sending;
  for (;;) {
    const reply = await tried(() => client.send(path, { method: 'HEAD', signal }), signal);
    if (reply instanceof Error || mayPass(reply)) {
      await patient.wait(reply);
      continue;
    }
    if (reply.status !== 204) {
      throw new CommandError(
        EXIT.refused,
        `The exchange no longer has ${sending.file} (${reply.status}): send it again.`,
      );
    }
    if (itemIn(reply.headers['upload-complete']) !== true) return Number(reply.headers['upload-offset']);
    const delivery = String(reply.headers.location);
    const found = await tried(() => client.send(delivery, { method: 'GET', signal }), signal);
    if (!(found instanceof Error || mayPass(found))) return found;
    await patient.wait(found);
  }
}
