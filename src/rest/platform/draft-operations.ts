import { text as readText } from 'node:stream/consumers';
import { parse } from 'content-type';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import type { Caller } from '../../access/people/caller.js';
import { datasetParts } from '../../catalog/names.js';
import type { Exchange } from '../../exchange/exchange.js';
import { type AskedDraft, draftFromFile, draftFromTable } from '../../exchange/registering/draft-entry.js';
import type { CatalogDraft } from '../../ingest/draft/catalog-draft.js';
import { FILE_TYPES } from '../../ingest/readers/open.js';
import { receive } from '../../ingest/receive/receive.js';
import { Problem } from '../../platform/errors.js';
import { MASKS, SENSITIVITIES } from '../../standard/type.js';
import { parseManifest, parseType } from '../deliveries/delivery-request.js';
import { UPLOAD_MS } from '../deliveries/hand-over.js';
import { callOfRequest, streamOf } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import {
  boolean,
  bytes,
  choice,
  closed,
  count,
  datasetName,
  list,
  name,
  open,
  orNull,
  text,
  title,
} from '../shapes.js';
import { REGISTRARS } from './platform-call.js';
import { isOwn, upstreamOf } from './upstream-operations.js';

const FILE = bytes(1_073_741_824);
const TABLE_TYPE = 'application/json';
const TABLE_BYTES = 4_096;
const table = closed(
  {
    upstream: text(130, { description: '`publisher/name` of an approved upstream.' }),
    table: text(260, { description: '`table` or `schema.table`, as in the database.' }),
  },
  { $id: 'DraftedTable' },
);

const certainty = Type.Number({ minimum: 0, maximum: 1 });
const reasons = list(title, 10, { description: 'Why, in Chinese and English.' });
const column = closed({
  heading: text(1_000),
  field: name,
  element: orNull(text(130)),
  standard: boolean,
  type: text(100),
  empty: count(),
  unique: orNull(boolean),
  sensitivity: choice(SENSITIVITIES),
  mask: choice(MASKS),
  filterable: boolean,
  sortable: boolean,
  scope: boolean,
  certainty,
  reasons,
  codes: orNull(
    list(closed({ word: text(200), code: orNull(text(20)), title: orNull(text(200)), certainty }), 1_000, {
      description: "The publisher's word and the code that it most likely means.",
    }),
  ),
  values: list(closed({ value: text(200), rows: count() }), 60, {
    description:
      'Values of the column, if each is in at least 20 rows and none is shaped like a name, a number or an address; else none.',
  }),
  sample: text(200, { description: 'Invented.' }),
});
const shape = Type.Unsafe<CatalogDraft>(
  closed(
    {
      rows: count({ description: 'Rows looked at.' }),
      complete: boolean,
      broken: count({ description: 'Rows that can not be read.' }),
      entity: orNull(closed({ name, title, certainty, reasons })),
      columns: list(column, 300),
      keys: list(closed({ fields: list(name, 20), certainty, reasons }), 5),
      decisions: list(closed({ path: text(200), zh: text(500), en: text(500), basis: orNull(text(200)) }), 2_000, {
        description: 'What a person must still decide.',
      }),
      document: open({ description: 'The contract as far as the table shows it; scalars are strings.' }),
      yaml: text(1_000_000, { description: 'The same as a file of the catalog, the decisions as comments.' }),
    },
    { $id: 'CatalogDraft' },
  ),
);
const query = closed({
  dataset: datasetName,
  title: Type.Optional(text(128)),
  entity: Type.Optional(name),
});

/** 编目辅助: a contract draft from a file or from a table of an upstream. */
export const draftOperations: readonly Operation[] = [
  operation({
    method: 'POST',
    path: '/api/v1/catalog/drafts',
    id: 'draftContract',
    tag: 'catalog',
    who: REGISTRARS,
    summary: 'Draft a contract from a file, or from a table of an approved upstream',
    description:
      'For the department that the dataset would be of, and for operators. Looks at 100,000 rows at most. Nothing of the file is stored, recorded or logged; a table is recorded before it is read. The draft holds no row: samples are invented.',
    query,
    streams: { ...Object.fromEntries(FILE_TYPES.map((type) => [type, FILE])), [TABLE_TYPE]: table },
    timeoutMs: UPLOAD_MS,
    headers: ['ContentEncoding', 'ContentDigest'],
    replies: { 200: json('The draft.', closed({ data: shape })) },
    problems: [400, 403, 404, 413, 415, 422, 502],
    async handler({ exchange }, { request, caller, query }) {
      return { data: await draftFor(exchange, caller, { request, asked: query() }) };
    },
  }),
];

async function draftFor(
  exchange: Exchange,
  caller: Caller,
  { request, asked: { dataset, title, entity } }: { request: FastifyRequest; asked: Static<typeof query> },
): Promise<CatalogDraft> {
  if (!isOwn(caller, datasetParts(dataset).publisher)) {
    throw new Problem('forbidden', `A draft of ${dataset} is for its own department.`);
  }
  const asked: AskedDraft = { call: callOfRequest(request), dataset, title, entity };
  if (parse(request.headers['content-type'] ?? '').type === TABLE_TYPE) {
    const { upstream, table } = await tableOf(request);
    return draftFromTable(exchange, asked, { upstream: upstreamOf(exchange, caller, upstream), table });
  }
  const body = receive(streamOf(request), parseManifest(request, exchange.config.deliveryLimitBytes));
  return draftFromFile(exchange, asked, { ...parseType(request.headers['content-type']), body });
}

/** @throws Problem bad-body, too-large */
async function tableOf(request: FastifyRequest): Promise<Static<typeof table>> {
  const body = receive(streamOf(request), { encoding: 'identity', stated: undefined, limitBytes: TABLE_BYTES });
  const sent = await readText(body.content());
  let value: unknown;
  try {
    value = JSON.parse(sent);
  } catch (cause) {
    throw new Problem('bad-body', 'The body is not JSON.', { cause });
  }
  if (Check(table, value)) return value;
  const faults = [{ pointer: '', reason: 'not the upstream and the table', expected: '{"upstream", "table"}' }];
  throw new Problem('bad-body', undefined, { faults });
}
