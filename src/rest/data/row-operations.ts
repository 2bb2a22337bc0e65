import type { Contract } from '../../catalog/contract.js';
import { datasetPath } from '../../catalog/contract-id.js';
import { LIVE_KEYS_AT_MOST } from '../../query/live-keys.js';
import { isPersonal } from '../../standard/mask.js';
import { queryStringOf } from '../http/query-string.js';
import { rowsParameters, selectionParameters } from '../openapi/dataset/dataset-parameters.js';
import { rowId } from '../openapi/dataset/row-schemas.js';
import { CALL } from '../openapi/headers.js';
import {
  DATASET,
  type DatasetOperation,
  type DescribedDataset,
  type Documented,
  datasetOperation,
  isKept,
  json,
  whereContract,
} from '../operation.js';
import { closed, refTo, text } from '../shapes.js';
import { parseLookupBody, parseQueryBody } from './parse-body.js';
import { parseRowsUrl, parseRowUrl } from './parse-url.js';
import { presentLookup, presentPage, presentRow } from './present.js';
import { checkId, enter, paged, respond } from './respond.js';

const ROWS = `${DATASET}/rows`;
const BODY_LIMIT_BYTES = 1_048_576;
/** The statement timeout and the log's limits bound these: no timer is needed. */
const bounded = { who: ['reader'], bounded: true } as const;
const HEADERS = ['Exchange-Receipt', 'Exchange-Release', 'Schema-Version', 'ETag'];
const LIVE_HEADERS = ['Exchange-Receipt', 'Schema-Version'];
const UNCHANGED = {
  description: 'The answer has not changed for this caller.',
  headers: ['ETag', 'Exchange-Receipt'],
};

const byQuery = datasetOperation({
  ...bounded,
  method: 'POST',
  path: `${ROWS}/query`,
  bodyLimitBytes: BODY_LIMIT_BYTES,
  of: ({ contract, name, title }) => ({
    id: `query${name}Rows`,
    summary: `${title}: rows by a query in the body`,
    description: `The same query as a JSON body. \`QUERY ${datasetPath(contract.id)}/rows\` (RFC 10008) takes the same body; OpenAPI 3.1 can't describe that method.`,
    headers: CALL,
    body: refTo(`${name}Query`),
    replies: { 200: json('A page of rows.', refTo(`${name}Page`), HEADERS) },
    problems: [400, 403, 404, 410, 413, 415],
  }),
  handler({ exchange }, call) {
    const asked = enter(exchange, call, (context) => parseQueryBody(call.request.body, paged(context)));
    return respond(exchange, { ...call, asked, present: presentPage });
  },
});

/** Operations of a dataset whose rows are stored here. */
const pages = whereContract(isKept, [
  datasetOperation({
    ...bounded,
    method: 'GET',
    path: ROWS,
    query: 'by contract',
    of: ({ contract, catalog, name, title }) => ({
      id: `list${name}Rows`,
      summary: `${title}: rows`,
      description: filterWords(contract),
      headers: [...CALL, 'IfNoneMatch'],
      query: rowsParameters(contract, catalog),
      replies: { 200: json('A page of rows.', refTo(`${name}Page`), [...HEADERS, 'Link']), 304: UNCHANGED },
      problems: [400, 403, 404, 410],
    }),
    handler({ exchange }, call) {
      const asked = enter(exchange, call, (context) => parseRowsUrl(queryStringOf(call.request), paged(context)));
      return respond(exchange, { ...call, asked, present: presentPage });
    },
  }),
  byQuery,
  // OpenAPI 3.1 has no such method; the POST above describes it.
  { ...byQuery, method: 'QUERY', path: ROWS, of: () => undefined },
]);

/** Reading rows. The routes are generic: a new contract needs no new route. The contract's own parser reads the URL. */
export const rowOperations: readonly DatasetOperation[] = [
  ...pages,
  datasetOperation({
    ...bounded,
    method: 'GET',
    path: `${ROWS}/{id}`,
    query: 'by contract',
    of: (dataset) => (isKept(dataset.contract) ? keptRow(dataset) : liveRow(dataset)),
    handler({ exchange }, call) {
      const { id } = call.request.params as { id: string };
      const asked = enter(exchange, call, (context) =>
        parseRowUrl(queryStringOf(call.request), checkId(id, context), context),
      );
      return respond(exchange, { ...call, asked, present: presentRow });
    },
  }),
  datasetOperation({
    ...bounded,
    method: 'POST',
    path: `${ROWS}/lookup`,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    of: (dataset) => (isKept(dataset.contract) ? keptLookup(dataset) : liveLookup(dataset)),
    handler({ exchange }, call) {
      let keys: readonly unknown[] = [];
      const asked = enter(exchange, call, (context) => {
        const parsed = parseLookupBody(call.request.body, context);
        keys = parsed.keys;
        return parsed.ask;
      });
      return respond(exchange, { ...call, asked, present: (presenting) => presentLookup(presenting, keys) });
    },
  }),
];

type Described = ReturnType<DatasetOperation['of']> & Documented;

function keptRow({ contract, catalog, name, title }: DescribedDataset): Described {
  const key = openKey(contract);
  const id =
    key === undefined
      ? { ...rowId, description: '`_id` of the row. The key is personal or compound: use lookup for it.' }
      : text(200, { minLength: 1, description: `\`_id\` of the row, or its ${key}.` });
  return {
    id: `get${name}Row`,
    summary: `${title}: one row`,
    description: '404 for an absent row and for a row outside the grant.',
    headers: [...CALL, 'IfNoneMatch'],
    params: closed({ id }),
    query: selectionParameters(contract, catalog),
    replies: { 200: json('The row.', refTo(`${name}One`), HEADERS), 304: UNCHANGED },
    problems: [400, 403, 404, 410],
  };
}

/** Undefined if the key can't be in a path: it is personal or has several fields. */
function liveRow({ contract, name, title }: DescribedDataset): Described | undefined {
  const key = openKey(contract);
  if (key === undefined) return undefined;
  return {
    id: `get${name}Row`,
    summary: `${title}: one row, asked live`,
    description: '404 for an absent row and for a row outside the grant.',
    headers: CALL,
    params: closed({
      id: text(200, { minLength: 1, description: `The row's ${key}; an \`_id\` is not known to the department.` }),
    }),
    replies: { 200: json('The row.', refTo(`${name}One`), LIVE_HEADERS) },
    problems: [400, 403, 404, 413, 415, 422, 502],
  };
}

/** The key's name, if it is one field and not personal. */
function openKey({ key, fields }: Contract): string | undefined {
  const [name, ...others] = key;
  const field = fields.get(name ?? '');
  return others.length > 0 || field === undefined || isPersonal(field.sensitivity) ? undefined : name;
}

function keptLookup({ contract, name, title }: DescribedDataset): Described {
  return {
    id: `lookup${name}Rows`,
    summary: `${title}: rows by keys`,
    description: `Rows by key (${contract.key.join(', ')}), in the requested order. A malformed key has found: false.`,
    headers: CALL,
    body: refTo(`${name}Lookup`),
    replies: { 200: json('Each key with its row.', refTo(`${name}Found`), HEADERS) },
    problems: [400, 403, 404, 410, 413, 415],
  };
}

function liveLookup({ contract, name, title }: DescribedDataset): Described {
  return {
    id: `lookup${name}Rows`,
    summary: `${title}: rows by keys, asked live`,
    description: `Each of at most ${LIVE_KEYS_AT_MOST} keys (${contract.key.join(', ')}) is requested from the department while the caller waits, after an entry is written. There are no pages, filters, counts, relations, releases, tags or deliveries: 422 \`asked-live\`. 502 if the department's system does not answer correctly, 503 with Retry-After while calls to it are paused. A malformed key is found: false.`,
    headers: CALL,
    body: refTo(`${name}Lookup`),
    replies: { 200: json('Each key with its row.', refTo(`${name}Found`), LIVE_HEADERS) },
    problems: [400, 403, 404, 413, 415, 422, 502],
  };
}

function filterWords({ relations, filterable, fields }: Contract): string {
  const personal = [...filterable].filter((name) => isPersonal(fields.get(name)?.sensitivity ?? 'L4'));
  return [
    'Different parameters are ANDed. All `_any.<field>[.<op>]` parameters form one OR group, ANDed with the rest.',
    relations.size === 0
      ? ''
      : `A filter reaches over one relation: \`<relation>.<field>[.<op>]\` with ${[...relations.keys()].join(', ')}.`,
    personal.length === 0
      ? ''
      : `Personal fields take no value in a URL (400 \`use-body\`): use QUERY or \`POST …/rows/query\` for ${personal.join(', ')}.`,
    'Only fields that the grant gives unmasked can be filtered or sorted by.',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
