import type { TSchema } from 'typebox';
import type { Catalog } from '../../catalog/catalog.js';
import { itemAt } from '../../platform/known.js';
import { choice, count, integer, pattern, relativePath, text, uuid } from '../shapes.js';

/** By the name of its component. */
export type HeaderParameter =
  | 'ExchangePurpose'
  | 'ExchangeGrant'
  | 'ExchangeCase'
  | 'ExchangeOperator'
  | 'IfNoneMatch'
  | 'IfMatch'
  | 'IdempotencyKey'
  | 'ContentEncoding'
  | 'ContentDigest'
  | 'Prefer'
  | 'UploadComplete'
  | 'UploadOffset'
  | 'UploadLength'
  | 'UploadBegins'
  | 'ReprDigest';

/** Headers that describe a call to a dataset. */
export const CALL: readonly HeaderParameter[] = [
  'ExchangePurpose',
  'ExchangeGrant',
  'ExchangeCase',
  'ExchangeOperator',
];

interface Parameter {
  name: string;
  in: 'header';
  required: boolean;
  description: string;
  schema: TSchema;
}

function ifMatch(): Parameter {
  return header(
    'If-Match',
    pattern('^"[0-9]+"$', 20),
    'The entity tag of what was read: 412 if somebody has changed it since, saying who. Required: 428 without it.',
  );
}

/** The request headers with a meaning here. Purposes come from the catalog. */
export function headerParameters(catalog: Catalog): Record<HeaderParameter, Parameter> {
  const purposes = [...catalog.purposes.values()];
  const known = purposes.map(({ code, title, law }) => `\`${code}\` ${title.zh} (${law})`).join('; ');
  const codes = pattern('^[a-z0-9-]{1,64}$', 64, purposes.length === 0 ? {} : { examples: [itemAt(purposes, 0).code] });
  return {
    ExchangePurpose: header(
      'Exchange-Purpose',
      codes,
      `Code of the purpose 用途. Optional if the grants on each dataset in the query name exactly one. Published: ${known || 'none'}.`,
    ),
    ExchangeGrant: header(
      'Exchange-Grant',
      pattern('^[A-Za-z0-9_-]{1,64}$', 64),
      'Chooses a grant 共享授权 by its id.',
    ),
    ExchangeCase: header(
      'Exchange-Case',
      percentEncoded,
      'Case number 办件号, percent-encoded UTF-8. A grant can require it.',
    ),
    ExchangeOperator: header(
      'Exchange-Operator',
      percentEncoded,
      'Staff number of the person acting 经办人, percent-encoded UTF-8. A grant can require it.',
    ),
    IfNoneMatch: header(
      'If-None-Match',
      text(1_000),
      'An entity tag of an earlier answer: 304 if the answer has not changed.',
    ),
    IfMatch: ifMatch(),
    IdempotencyKey: header(
      'Idempotency-Key',
      pattern('^[\\x20-\\x7e]{1,258}$', 258),
      'An RFC 9651 string or a bare token, at most 128 characters. The same key and body get the stored reply.',
      true,
    ),
    ContentEncoding: header('Content-Encoding', choice(['identity', 'gzip']), 'How the body is encoded.'),
    ContentDigest: header('Content-Digest', text(200), 'RFC 9530, sha-256: checked if sent.'),
    UploadComplete: header(
      'Upload-Complete',
      choice(['?0', '?1']),
      '`?1`: this body is the last part; the upload is then delivered.',
      true,
    ),
    UploadBegins: header(
      'Upload-Complete',
      choice(['?0', '?1']),
      '`?0`: the body is the first part of a delivery; the reply names the upload.',
    ),
    UploadOffset: header('Upload-Offset', count(), 'Offset of this body in the upload.', true),
    UploadLength: header('Upload-Length', count(), 'Bytes of the whole upload.'),
    ReprDigest: header('Repr-Digest', text(200), 'RFC 9530, sha-256 of the whole upload: if sent, checked at the end.'),
    Prefer: header(
      'Prefer',
      pattern('^[\\x20-\\x7e]*$', 200),
      'RFC 7240: `respond-async` replies 202 when the body is complete.',
    ),
  };
}

const percentEncoded = pattern('^[\\x21-\\x7e]+$', 2_400);

function header(name: string, schema: TSchema, description: string, required = false): Parameter {
  return { name, in: 'header', required, description, schema };
}

interface ResponseHeader {
  description: string;
  schema: TSchema;
}

export const RESPONSE_HEADERS: Readonly<Record<string, ResponseHeader>> = {
  'Request-Id': { description: 'Finds the request in logs and in the audit log.', schema: uuid },
  RateLimit: {
    description: 'The remaining rate, if the caller is known: `"application";r=<requests>;t=<seconds>`.',
    schema: pattern('^"[a-z-]+";r=[0-9]+;t=[0-9]+$', 100),
  },
  'RateLimit-Policy': {
    description: 'The rate, if the caller is known: `"application";q=<requests>;w=<seconds>`.',
    schema: pattern('^"[a-z-]+";q=[0-9]+;w=[0-9]+$', 100),
  },
  'Access-Control-Allow-Origin': {
    description: 'Absent unless an operator opens CORS: no other origin may read the reply.',
    schema: text(200),
  },
  'Retry-After': { description: 'Seconds to wait before a retry.', schema: integer(0, 86_400) },
  'WWW-Authenticate': { description: 'RFC 6750.', schema: text(200) },
  'Exchange-Receipt': {
    description:
      'The audit entry of this answer (RFC 9651 dictionary): its index, its leaf hash, and the value that opens its blinded part.',
    schema: pattern('^index=[0-9]+, leaf=:[A-Za-z0-9+/=]+:, blind=:[A-Za-z0-9+/=]+:$', 200),
  },
  'Exchange-Release': { description: 'Release 数据版本 of the rows.', schema: count() },
  'Schema-Version': { description: 'Version of the contract.', schema: pattern('^[0-9]+\\.[0-9]+$', 20) },
  ETag: {
    description:
      'Of data: weak, equal for the same grant, purpose, query, releases and day. Of a request: its version, for If-Match.',
    schema: pattern('^(W/)?"[A-Za-z0-9_-]+"$', 100),
  },
  Link: {
    description:
      'RFC 8288: the next page, `rel="next"`. Absent if that URL has more than 8,000 characters: send the cursor in a body.',
    schema: text(8_100),
  },
  Location: { description: 'Path of the resource.', schema: relativePath(500) },
  'Upload-Offset': { description: 'Bytes that are stored.', schema: count() },
  'Upload-Complete': { description: '`?1` if the upload was delivered.', schema: choice(['?0', '?1']) },
  'Upload-Limit': { description: 'Most bytes, and seconds until it expires.', schema: text(100) },
  'Preference-Applied': {
    description: 'RFC 7240: `respond-async`, or `wait=N` with the limit in seconds.',
    schema: pattern('^(respond-async|wait=\\d{1,2})$', 20),
  },
};

/** Every reply has these. */
export const ALWAYS = ['Request-Id', 'RateLimit', 'RateLimit-Policy', 'Access-Control-Allow-Origin'] as const;
