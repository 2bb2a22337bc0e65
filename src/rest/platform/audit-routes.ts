import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireApplication } from '../../access/policy/require-role.js';
import type { Checkpoint, Checkpoints } from '../../audit/checkpoint.js';
import type { StoredEntry } from '../../audit/read-entries.js';
import { leafHash } from '../../audit/tree/hash.js';
import { consistencyProof, inclusionProof, type ReadHashes } from '../../audit/tree/proof.js';
import { storedHashes } from '../../audit/tree/stored-tree.js';
import { parseTileName } from '../../audit/tree/tile-path.js';
import { tlogProof } from '../../audit/tree/tlog-proof.js';
import { type LogReader, readLogBundle, readLogEntry, visibleEntry } from '../../exchange/auditing/read-log.js';
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
const FOREVER = 'public, max-age=31536000, immutable';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json; charset=utf-8';
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
    if (level === undefined) {
      const { body, receipt } = await readLogBundle(exchange, readerOf(request), { first: n * 256, count: width });
      return withReceipt(reply, receipt).type(BYTES).send(body);
    }
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
    const index = integerOf('index', request.params.index);
    const { body, receipt } = await readLogEntry(exchange, readerOf(request), index);
    return withReceipt(reply, receipt).type(JSON_TYPE).send(body);
  });
  app.get<{ Params: { index: string }; Querystring: Record<string, unknown> }>(
    '/api/v1/audit/entries/:index/proof',
    async (request, reply) => {
      refuseOthers(request, ['size']);
      const index = integerOf('index', request.params.index);
      const entry = await visibleEntry(exchange, request.subject, index);
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

function readerOf({ subject, id, ip }: FastifyRequest): LogReader {
  return { subject, request: id, address: ip };
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
