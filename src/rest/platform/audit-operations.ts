import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Checkpoints } from '../../audit/checkpoint.js';
import { EVENTS } from '../../audit/entry.js';
import type { Checkpoint } from '../../audit/origin/seen.js';
import type { StoredEntry } from '../../audit/read-entries.js';
import { leafHash } from '../../audit/tree/hash.js';
import { consistencyProof, inclusionProof, tlogProof } from '../../audit/tree/proof.js';
import { storedHashes } from '../../audit/tree/stored-tree.js';
import { parseTileName } from '../../audit/tree/tile-path.js';
import { type LogReader, readLogBundle, readLogEntry, visibleEntry } from '../../exchange/auditing/read-log.js';
import { negotiate } from '../../platform/accept.js';
import { Problem } from '../../platform/errors.js';
import { withReceipt } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import { bytes, choice, closed, count, instant, integer, list, pattern, text, uuid } from '../shapes.js';

/** ms that a proof waits for a checkpoint over its entry. */
const PROOF_WAIT_MS = 1_000;
const FOREVER = 'public, max-age=31536000, immutable';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json; charset=utf-8';
const PLAIN = { 'text/plain': text(100_000) };

const base64 = (maxLength: number) => pattern('^[A-Za-z0-9+/]+=*$', maxLength);
const hash = base64(44);
const position = (description: string) => integer(0, 999_999_999_999_999, { description });
const index = count({ description: 'Place in the log.' });
const atIndex = closed({ index: position('Place in the log.') });
const entry = Type.Object(
  {
    event: choice(EVENTS),
    outcome: choice(['success', 'denied', 'failed']),
    request: uuid,
    time: instant,
    node: text(100),
  },
  {
    $id: 'AuditEntry',
    maxProperties: 500,
    additionalProperties: true,
    description: 'The open part of an entry, canonical (RFC 8785).',
  },
);
const entryAt = closed({ index, entry, bytes: base64(87_400) }, { $id: 'EntryAt' });
const note = text(10_000, { description: 'C2SP signed note.' });
const inclusion = closed(
  { index, leafHash: hash, size: index, hashes: list(hash, 64), checkpoint: note },
  { $id: 'InclusionProof' },
);
const consistency = closed({ from: index, to: index, hashes: list(hash, 128) }, { $id: 'ConsistencyProof' });

const reading = { method: 'GET', tag: 'audit' } as const;

/**
 * The log for the outside (C2SP tlog-tiles, tlog-checkpoint, signed-note). Checkpoint, verifier key and hash tiles are
 * public and not recorded. Reading entries is itself an entry. Proofs and consistency contain only hashes that the
 * public tiles have too.
 */
export const auditOperations: readonly Operation[] = [
  operation({
    ...reading,
    path: '/audit/v1/checkpoint',
    id: 'getCheckpoint',
    who: 'anyone',
    summary: 'The latest signed checkpoint of the log',
    replies: { 200: { description: 'C2SP tlog-checkpoint.', content: PLAIN } },
    problems: [404],
    handler: ({ checkpoints }, { reply }) => reply.type(TEXT).send(latestOf(checkpoints).note),
  }),
  operation({
    ...reading,
    path: '/audit/v1/vkey',
    id: 'getVerifierKey',
    who: 'anyone',
    summary: 'The key that verifies checkpoints',
    replies: { 200: { description: 'C2SP verifier key.', content: PLAIN } },
    handler: ({ checkpoints }, { reply }) => reply.type(TEXT).send(`${checkpoints.vkey}\n`),
  }),
  operation({
    ...reading,
    path: '/audit/v1/tile/{+tile}',
    id: 'getTile',
    who: 'anyone',
    summary: 'Hashes of the tree',
    description:
      'C2SP tlog-tiles: `<level>/<N>[.p/<width>]`, for example `0/000` or `0/x001/234.p/56`. Its slashes are not encoded, which OpenAPI cannot express.',
    params: closed({ tile: pattern('^[0-9]{1,2}/(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$', 60) }),
    malformed: 'not-found',
    replies: { 200: { description: 'Hashes, 32 bytes each.', content: { [BYTES]: bytes(16_777_216) } } },
    problems: [404],
    async handler({ exchange, checkpoints }, { reply, params }) {
      const tile = parseTileName(params.tile);
      if (tile?.level === undefined) throw new Problem('not-found');
      const { level, n, width } = tile;
      if ((n * 256 + width) * 256 ** level > latestOf(checkpoints).size) throw new Problem('not-found');
      const hashes = await storedHashes(exchange.database.app)(level, n * 256, width);
      reply.header('cache-control', FOREVER).type(BYTES);
      return reply.send(Buffer.concat([...hashes]));
    },
  }),
  operation({
    ...reading,
    path: '/audit/v1/tile/entries/{+bundle}',
    id: 'getEntryBundle',
    who: ['auditor', 'security-auditor'],
    summary: 'Entries of the log, for auditors',
    description: 'C2SP tlog-tiles: `<N>[.p/<width>]`. Recorded.',
    params: closed({ bundle: pattern('^(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$', 60) }),
    malformed: 'not-found',
    replies: {
      200: {
        description: 'Entries, each after its length.',
        content: { [BYTES]: bytes(16_777_216) },
        headers: ['Exchange-Receipt'],
      },
    },
    problems: [403, 404],
    async handler({ exchange }, { request, reply, params }) {
      const tile = parseTileName(`entries/${params.bundle}`);
      if (tile === undefined) throw new Problem('not-found');
      const range = { first: tile.n * 256, count: tile.width };
      const { body, receipt } = await readLogBundle(exchange, readerOf(request), range);
      return withReceipt(reply, receipt).type(BYTES).send(body);
    },
  }),
  operation({
    ...reading,
    path: '/api/v1/audit/entries/{index}',
    id: 'getAuditEntry',
    who: ['application', 'security-auditor'],
    summary: 'One entry: of the calling application, or any for an auditor',
    params: atIndex,
    replies: { 200: json('The entry.', entryAt, ['Exchange-Receipt']) },
    problems: [400, 403, 404],
    async handler({ exchange }, { request, reply, params }) {
      const { body, receipt } = await readLogEntry(exchange, readerOf(request), params.index);
      return withReceipt(reply, receipt).type(JSON_TYPE).send(body);
    },
  }),
  operation({
    ...reading,
    path: '/api/v1/audit/entries/{index}/proof',
    id: 'getInclusionProof',
    who: ['application', 'security-auditor'],
    summary: 'Proof that an entry is in the log (RFC 6962)',
    params: atIndex,
    query: closed({ size: Type.Optional(position('Of the tree; the latest checkpoint where absent.')) }),
    replies: {
      200: {
        description: 'As JSON, or as C2SP tlog-proof.',
        content: { 'application/json': inclusion, ...PLAIN },
      },
    },
    problems: [400, 403, 404, 406],
    async handler({ exchange, checkpoints }, { request, reply, params: { index }, query }) {
      const entry = await visibleEntry(exchange, request.subject, index);
      const checkpoint = await coveringCheckpoint(checkpoints, index);
      const { size = checkpoint.size } = query();
      if (size <= index || size > checkpoint.size) throw outOfRange('size', `${index + 1}…${checkpoint.size}`);
      const hashes = await inclusionProof(storedHashes(exchange.database.app), index, size);
      reply.header('vary', 'accept');
      return negotiate(request.headers.accept, ['application/json', 'text/plain']) === 'text/plain'
        ? sendNote(reply, { index, hashes, size, checkpoint })
        : proofOf(entry, { hashes, size, checkpoint });
    },
  }),
  operation({
    ...reading,
    path: '/api/v1/audit/consistency',
    id: 'getConsistencyProof',
    who: ['application', 'security-auditor'],
    summary: 'Proof that the log only grew between two sizes (RFC 6962)',
    query: closed({ from: position('Smaller size.'), to: position('Larger size.') }),
    replies: { 200: json('The hashes.', consistency) },
    problems: [400, 403, 404],
    async handler({ exchange, checkpoints }, { query }) {
      const { from, to } = query();
      const { size } = latestOf(checkpoints);
      if (to > size) throw outOfRange('to', `at most ${size}`);
      if (from > to) throw outOfRange('from', `at most ${to}`);
      const hashes = await consistencyProof(storedHashes(exchange.database.app), from, to);
      return { from, to, hashes: hashes.map(base64Of) };
    },
  }),
];

function readerOf({ subject, id, ip, recipient }: FastifyRequest): LogReader {
  return { subject, request: id, address: ip, recipient };
}

interface Proven {
  hashes: readonly Buffer[];
  size: number;
  checkpoint: Checkpoint;
}

const base64Of = (hash: Buffer): string => hash.toString('base64');

function proofOf({ index, bytes }: StoredEntry, { hashes, size, checkpoint }: Proven): object {
  return {
    index,
    leafHash: base64Of(leafHash(bytes)),
    size,
    hashes: hashes.map(base64Of),
    checkpoint: checkpoint.note,
  };
}

function sendNote(reply: FastifyReply, { index, hashes, size, checkpoint }: Proven & { index: number }): FastifyReply {
  if (size !== checkpoint.size) throw outOfRange('size', `${checkpoint.size}, or Accept: application/json`);
  return reply.type(TEXT).send(tlogProof({ index, hashes, checkpoint: checkpoint.note }));
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

function outOfRange(parameter: string, expected: string): Problem {
  return new Problem('bad-value', undefined, {
    faults: [{ parameter, reason: 'not a value that can be answered', expected }],
  });
}
