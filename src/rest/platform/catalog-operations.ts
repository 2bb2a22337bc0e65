import Type from 'typebox';
import { describeContract, summarizeContract } from '../../catalog/describe.js';
import { type CatalogDocuments, planCatalog } from '../../exchange/publishing/plan-catalog.js';
import { publishCatalog } from '../../exchange/publishing/publish-contract.js';
import { Problem } from '../../platform/errors.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { terms } from '../openapi/dataset/dataset-page-schemas.js';
import { contractIdOf, json, type Operation, operation } from '../operation.js';
import {
  boolean,
  choice,
  closed,
  contractId,
  count,
  datasetName,
  integer,
  list,
  name,
  open,
  orNull,
  pattern,
  slug,
  text,
  title,
} from '../shapes.js';
import { byCaller } from './platform-call.js';

const PATH = '/api/v1/catalog';
const JSON_TYPE = 'application/json; charset=utf-8';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const MOST_DOCUMENTS = 500;

const summary = {
  id: contractId,
  dataset: datasetName,
  version: pattern('^[0-9]+\\.[0-9]+$', 20),
  publisher: slug,
  publisherTitle: orNull(title),
  entity: orNull(name),
  title,
  summary: title,
  resource: terms,
  classification: terms,
  sharingAttribute: choice(['unconditional', 'conditional', 'none']),
  sourceOfTruth: boolean,
  hash: pattern('^[0-9a-f]{64}$', 64),
};
const contract = closed(
  {
    ...summary,
    sharing: terms,
    key: list(name, 20),
    subjects: list(name, 20),
    partition: orNull(name),
    fields: list(open(), 500),
    scopes: list(name, 100),
    relations: list(open(), 100),
    statistics: orNull(open()),
    delivery: open(),
    exactCount: boolean,
    document: open(),
  },
  { $id: 'Contract', description: 'Compiled, and as declared.' },
);
/** The plan checks each document and names its faults. */
const lists = Type.Optional(list(open(), MOST_DOCUMENTS));
const documents = Type.Unsafe<CatalogDocuments>(
  closed({ contracts: lists, publishers: lists, purposes: lists }, { $id: 'CatalogDocuments' }),
);
const plan = {
  published: list(
    closed({
      kind: choice(['publisher', 'purpose', 'contract']),
      id: text(200),
      version: Type.Optional(integer(1)),
    }),
    3 * MOST_DOCUMENTS,
  ),
  unchanged: list(text(200), 3 * MOST_DOCUMENTS),
};
export const behind = list(text(100), 1_000, { description: 'Nodes that do not serve it yet.' });
const report = closed({ ...plan, epoch: count(), behind }, { $id: 'PublishReport' });

/** `/api/v1/catalog`: any application or person may read; operators check and publish. */
export const catalogOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'listContracts',
    tag: 'catalog',
    who: ['application', 'person'],
    summary: 'Every published contract',
    replies: {
      200: json(
        'The catalog.',
        closed({ data: list(closed(summary, { $id: 'ContractSummary' }), 10_000), hash: text(64) }),
      ),
    },
    problems: [400],
    handler({ exchange }) {
      const { catalog } = exchange.policy.current();
      const data = [...catalog.contracts.values()].map((each) => summarizeContract(each, catalog));
      return { data, hash: catalog.hash };
    },
  }),
  operation({
    method: 'GET',
    path: `${PATH}/{publisher}/{dataset}/v{major}`,
    id: 'getContract',
    tag: 'catalog',
    who: ['application', 'person'],
    summary: 'One contract: compiled, and as declared',
    params: closed({ publisher: slug, dataset: slug, major: integer(1, 999) }),
    malformed: 'not-found',
    replies: { 200: json('The contract.', closed({ data: contract })) },
    problems: [400, 404],
    handler({ exchange }, { params: { publisher, dataset, major } }) {
      const { catalog } = exchange.policy.current();
      const found = catalog.contracts.get(contractIdOf({ publisher, dataset, major }));
      if (found === undefined) throw new Problem('not-found');
      return { data: describeContract(found, catalog) };
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/check`,
    id: 'checkCatalog',
    tag: 'catalog',
    who: ['operator'],
    summary: 'Check documents: the effect of publishing them',
    description: 'For operators.',
    body: documents,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    replies: { 200: json('What would be published.', closed(plan, { $id: 'CatalogPlan' })) },
    problems: [400, 403, 413, 415, 422],
    handler({ exchange }, { body }) {
      const planned = planCatalog(body, exchange.policy.current().catalog);
      const published = [
        ...planned.publishers.map(({ slug }) => ({ kind: 'publisher', id: slug })),
        ...planned.purposes.map(({ code }) => ({ kind: 'purpose', id: code })),
        ...planned.contracts.map(({ contract }) => ({ kind: 'contract', id: contract.id })),
      ];
      return { published, unchanged: planned.unchanged };
    },
  }),
  operation({
    method: 'POST',
    path: PATH,
    id: 'publishCatalog',
    tag: 'catalog',
    who: ['operator'],
    summary: 'Publish contracts, publishers and purposes',
    description:
      'For operators. Within a major version only additive changes are accepted; the problem names each breaking change.',
    headers: ['IdempotencyKey'],
    body: documents,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    replies: { 200: json('What was published, and its policy epoch.', report) },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, body }) {
      const kept = await idempotent(exchange, request, undefined, async () => {
        const published = await publishCatalog(exchange, body, byCaller(exchange, request));
        return { status: 200, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(published) };
      });
      return sendKept(reply, kept);
    },
  }),
];
