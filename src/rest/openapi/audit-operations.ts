import type { Operation, Reply } from './operation.js';
import { integer, pattern, refTo, type Schema, text } from './schema.js';

const JSON_TYPE = 'application/json';
const position = (description: string): Schema => integer(0, 999_999_999_999_999, { description });
const anyone = { method: 'GET' as const, caller: 'anyone' as const, tag: 'audit' };
const application = { method: 'GET' as const, caller: 'application' as const, tag: 'audit' };
const BYTES: Schema = { type: 'string', format: 'binary', maxLength: 16_777_216 };

const plain = (description: string): Record<number, Reply> => ({
  200: { description, content: { 'text/plain': text(100_000) } },
});
const json = (description: string, schema: string, headers: readonly string[] = []): Reply => ({
  description,
  content: { [JSON_TYPE]: refTo(schema) },
  headers,
});

/** The log as others see it (C2SP tlog-tiles, tlog-checkpoint, signed-note). */
export const auditOperations: readonly Operation[] = [
  {
    ...anyone,
    path: '/audit/v1/checkpoint',
    id: 'getCheckpoint',
    summary: 'The latest signed checkpoint of the log',
    replies: plain('C2SP tlog-checkpoint.'),
    problems: [404],
  },
  {
    ...anyone,
    path: '/audit/v1/vkey',
    id: 'getVerifierKey',
    summary: 'The key that checkpoints are verified with',
    replies: plain('C2SP verifier key.'),
    problems: [],
  },
  {
    ...anyone,
    path: '/audit/v1/tile/{tile}',
    id: 'getTile',
    summary: 'Hashes of the tree',
    description:
      'C2SP tlog-tiles: `<level>/<N>[.p/<width>]`, for example `0/000` or `0/x001/234.p/56`. Its slashes stand as they are, which OpenAPI can not say.',
    pathParameters: { tile: pattern('^[0-9]{1,2}/(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$', 60) },
    replies: { 200: { description: 'Hashes, 32 bytes each.', content: { 'application/octet-stream': BYTES } } },
    problems: [404],
  },
  {
    ...application,
    path: '/audit/v1/tile/entries/{bundle}',
    id: 'getEntryBundle',
    summary: 'Entries of the log, for auditors',
    description: 'C2SP tlog-tiles: `<N>[.p/<width>]`. Recorded.',
    pathParameters: { bundle: pattern('^(x[0-9]{3}/)*[0-9]{3}(\\.p/[0-9]{1,3})?$', 60) },
    replies: {
      200: {
        description: 'Entries, each behind its length.',
        content: { 'application/octet-stream': BYTES },
        headers: ['Exchange-Receipt'],
      },
    },
    problems: [403, 404],
  },
  {
    ...application,
    path: '/api/v1/audit/entries/{index}',
    id: 'getAuditEntry',
    summary: 'One entry: the own ones, or any for an auditor',
    pathParameters: { index: position('Place in the log.') },
    replies: { 200: json('The entry.', 'EntryAt', ['Exchange-Receipt']) },
    problems: [400, 403, 404],
  },
  {
    ...application,
    path: '/api/v1/audit/entries/{index}/proof',
    id: 'getInclusionProof',
    summary: 'Proof that an entry is in the log (RFC 6962)',
    pathParameters: { index: position('Place in the log.') },
    query: { size: position('Of the tree; the latest checkpoint where absent.') },
    replies: {
      200: {
        description: 'As JSON, or as C2SP tlog-proof.',
        content: { [JSON_TYPE]: refTo('InclusionProof'), 'text/plain': text(100_000) },
      },
    },
    problems: [400, 403, 404, 406],
  },
  {
    ...application,
    path: '/api/v1/audit/consistency',
    id: 'getConsistencyProof',
    summary: 'Proof that the log only grew between two sizes (RFC 6962)',
    query: { from: position('Smaller size.'), to: position('Larger size.') },
    requiredQuery: ['from', 'to'],
    replies: { 200: json('The hashes.', 'ConsistencyProof') },
    problems: [400, 403, 404],
  },
];
