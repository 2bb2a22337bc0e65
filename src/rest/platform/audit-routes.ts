import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Application } from '../../access/identity/subject.js';
import { requireApplication, requireRole } from '../../access/policy/require-role.js';
import type { Checkpoint, Checkpoints } from '../../audit/checkpoint.js';
import type { Draft } from '../../audit/entry.js';
import { readBundle, readEntry, type StoredEntry } from '../../audit/read-entries.js';
import { leafHash } from '../../audit/tree/hash.js';
import { consistencyProof, inclusionProof, type ReadHashes } from '../../audit/tree/proof.js';
import { storedHashes } from '../../audit/tree/stored-tree.js';
import { parseTileName } from '../../audit/tree/tile-path.js';
import { tlogProof } from '../../audit/tree/tlog-proof.js';
import type { Exchange } from '../../exchange/exchange.js';
import { negotiate } from '../../platform/accept.js';
import { Problem } from '../../platform/errors.js';
import { withReceipt } from '../http/request.js';

interface AuditRoutes {
  exchange: Exchange;
  checkpoints: Checkpoints;
}

/** ms that a proof waits for a checkpoint over its entry. */
const PROOF_WAIT_MS = 1_000;
/** Under a storm of policy changes a reading is decided again this often before it is given up as unavailable. */
const ATTEMPTS = 8;
const FOREVER = 'public, max-age=31536000, immutable';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
/** Open to anyone; who sends a token is known all the same. */
const PUBLIC = { config: { public: true } };

/**
 * The log as others see it. Checkpoint, verifier key and hash tiles are public and not recorded; reading entries is itself an entry; proofs
 * and consistency hold nothing but hashes that the public tiles give as well, and are not recorded.
 */
export async function auditRoutes(app: FastifyInstance, { exchange, checkpoints }: AuditRoutes): Promise<void> {
  const read = storedHashes(exchange.database.app);

  app.get('/audit/v1/checkpoint', PUBLIC, async (_request, reply) => reply.type(TEXT).send(latestOf(checkpoints).note));
  app.get('/audit/v1/vkey', PUBLIC, async (_request, reply) => reply.type(TEXT).send(`${checkpoints.vkey}\n`));
  app.get<{ Params: { '*': string } }>('/audit/v1/tile/*', PUBLIC, async (request, reply) => {
    const tile = parseTileName(request.params['*']);
    if (tile === undefined) throw new Problem('not-found');
    const { level, n, width } = tile;
    if (level === undefined) return sendBundle(exchange, { request, reply, first: n * 256, count: width });
    const end = (n * 256 + width) * 256 ** level;
    if (end > latestOf(checkpoints).size) throw new Problem('not-found');
    const hashes = await read(level, n * 256, width);
    return reply
      .header('cache-control', FOREVER)
      .type(BYTES)
      .send(Buffer.concat([...hashes]));
  });
  app.get<{ Params: { index: string } }>('/api/v1/audit/entries/:index', async (request, reply) => {
    refuseOthers(request, []);
    requireApplication(exchange, request.subject);
    return sendEntry(exchange, { request, reply, index: integerOf('index', request.params.index) });
  });
  app.get<{ Params: { index: string }; Querystring: Record<string, unknown> }>(
    '/api/v1/audit/entries/:index/proof',
    async (request, reply) => {
      refuseOthers(request, ['size']);
      const caller = requireApplication(exchange, request.subject);
      const index = integerOf('index', request.params.index);
      const entry = await visibleEntry(exchange, caller, index);
      const checkpoint = await coveringCheckpoint(checkpoints, index);
      const size = request.query.size === undefined ? checkpoint.size : integerOf('size', request.query.size);
      if (size <= index || size > checkpoint.size) throw outOfRange('size', `${index + 1}…${checkpoint.size}`);
      return sendProof(reply, { read, entry, size, checkpoint });
    },
  );
  app.get<{ Querystring: Record<string, unknown> }>('/api/v1/audit/consistency', async (request, reply) => {
    refuseOthers(request, ['from', 'to']);
    requireApplication(exchange, request.subject);
    const from = integerOf('from', request.query.from);
    const to = integerOf('to', request.query.to);
    const { size } = latestOf(checkpoints);
    if (to > size) throw outOfRange('to', `at most ${size}`);
    if (from > to) throw outOfRange('from', `at most ${to}`);
    const hashes = (await consistencyProof(read, from, to)).map((hash) => hash.toString('base64'));
    return reply.send({ from, to, hashes });
  });
}

interface Reading {
  request: FastifyRequest;
  reply: FastifyReply;
}

async function sendBundle(exchange: Exchange, at: Reading & { first: number; count: number }): Promise<FastifyReply> {
  // Outside /api/v1 a request has no subject unless it brought a token.
  if ((at.request.subject as typeof at.request.subject | undefined) === undefined) throw new Problem('unauthenticated');
  const authorise = () => requireRole(exchange, at.request.subject, 'auditor');
  authorise();
  const bundle = await readBundle(exchange.database.app, at.first, at.count);
  if (bundle === undefined) throw new Problem('not-found');
  const detail = { first: at.first, count: at.count };
  return sendRecorded(exchange, { ...at, authorise, body: bundle, type: BYTES, detail });
}

async function sendEntry(exchange: Exchange, at: Reading & { index: number }): Promise<FastifyReply> {
  const entry = await readEntry(exchange.database.app, at.index);
  const authorise = () => {
    const caller = requireApplication(exchange, at.request.subject);
    visible(entry, caller);
    return caller;
  };
  const { bytes } = visible(entry, authorise());
  // The canonical bytes are JSON: they stand in the reply as they are.
  const body = `{"index":${at.index},"entry":${bytes.toString()},"bytes":"${bytes.toString('base64')}"}`;
  const detail = { first: at.index, count: 1 };
  const type = 'application/json; charset=utf-8';
  return sendRecorded(exchange, { ...at, authorise, body: Buffer.from(body), type, detail });
}

interface Recording extends Reading {
  /** Who reads, on the index in force. Throws where it may not. */
  authorise(): Application;
  body: Buffer;
  type: string;
  detail: object;
}

/** Reading the log is an entry: it is committed before a byte leaves, and only under the epoch on which the reader was let in. */
async function sendRecorded(exchange: Exchange, recording: Recording): Promise<FastifyReply> {
  const { request, reply, authorise, body, type, detail } = recording;
  const { issuer, sub, expiresAt } = request.subject;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const caller = authorise();
    const draft: Draft = {
      request: request.id,
      event: 'audit.read',
      outcome: 'success',
      actor: { issuer, subject: sub, application: caller.clientId, department: caller.department },
      accesses: [],
      answer: body,
      sealed: { ask: detail, address: request.ip },
      detail: { ...detail },
      epoch: exchange.policy.current().epoch,
      notAfter: expiresAt * 1_000,
    };
    const appended = await exchange.log.append(draft);
    if (appended.state === 'recorded') return withReceipt(reply, appended.receipt).type(type).send(body);
    if (appended.state === 'expired') throw new Problem('unauthenticated', 'The token ran out');
    await exchange.policy.reach(appended.epoch);
  }
  throw new Problem('unavailable', 'The policy changes too quickly to decide. Try again.', { retryAfter: 1 });
}

/** Own entries, and all for an auditor. A foreign index and an unknown one are the same. */
async function visibleEntry(exchange: Exchange, caller: Application, index: number): Promise<StoredEntry> {
  return visible(await readEntry(exchange.database.app, index), caller);
}

function visible(entry: StoredEntry | undefined, caller: Application): StoredEntry {
  if (entry !== undefined && (entry.application === caller.clientId || caller.roles.includes('auditor'))) return entry;
  throw new Problem('not-found');
}

async function sendProof(
  reply: FastifyReply,
  { read, entry, size, checkpoint }: { read: ReadHashes; entry: StoredEntry; size: number; checkpoint: Checkpoint },
): Promise<FastifyReply> {
  const { index } = entry;
  const hashes = await inclusionProof(read, index, size);
  reply.header('vary', 'accept');
  if (negotiate(reply.request.headers.accept, ['application/json', 'text/plain']) === 'text/plain') {
    if (size !== checkpoint.size) throw outOfRange('size', `${checkpoint.size}, or Accept: application/json`);
    return reply.type(TEXT).send(tlogProof({ index, hashes, checkpoint: checkpoint.note }));
  }
  return reply.send({
    index,
    leafHash: leafHash(entry.bytes).toString('base64'),
    size,
    hashes: hashes.map((hash) => hash.toString('base64')),
    checkpoint: checkpoint.note,
  });
}

async function coveringCheckpoint(checkpoints: Checkpoints, index: number): Promise<Checkpoint> {
  const checkpoint = await checkpoints.waitFor(index, PROOF_WAIT_MS);
  if (checkpoint !== undefined) return checkpoint;
  throw new Problem('not-found', 'No checkpoint covers this entry yet', { retryAfter: 1 });
}

function latestOf(checkpoints: Checkpoints): Checkpoint {
  const checkpoint = checkpoints.latest();
  if (checkpoint === undefined) throw new Problem('not-found', 'Nothing is signed yet', { retryAfter: 1 });
  return checkpoint;
}

function refuseOthers(request: FastifyRequest, known: readonly string[]): void {
  for (const [parameter, value] of Object.entries(request.query as Record<string, unknown>)) {
    if (!known.includes(parameter))
      throw new Problem('unknown-parameter', undefined, { faults: [{ parameter, reason: 'not known here' }] });
    if (Array.isArray(value))
      throw new Problem('repeated-parameter', undefined, { faults: [{ parameter, reason: 'stands more than once' }] });
  }
}

function integerOf(parameter: string, value: unknown): number {
  if (typeof value === 'string' && /^(0|[1-9]\d{0,14})$/.test(value)) return Number(value);
  throw outOfRange(parameter, 'a whole number, 0 or more');
}

function outOfRange(parameter: string, expected: string): Problem {
  return new Problem('bad-value', undefined, {
    faults: [{ parameter, reason: 'not a value that can be answered', expected }],
  });
}
