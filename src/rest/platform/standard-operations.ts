import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Catalog } from '../../catalog/catalog.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import type { Exchange } from '../../exchange/exchange.js';
import { changeCodeList } from '../../exchange/publishing/change-code-list.js';
import { Problem } from '../../platform/errors.js';
import { refuse, suggestion } from '../../query/names.js';
import type { CodeListDraft } from '../../standard/check-code-list.js';
import {
  describeElement,
  describeList,
  elementsOf,
  PARENTS,
  summarizeEntity,
  summarizeList,
} from '../../standard/describe.js';
import { entitySchema } from '../../standard/entity-schema.js';
import { idempotent, type StoredReply, sendKept } from '../http/idempotency.js';
import { json, type Operation, operation } from '../operation.js';
import { closed, count, list, pattern } from '../shapes.js';
import { behind } from './catalog-operations.js';
import { byCaller } from './platform-call.js';
import {
  codeList,
  codeListDraft,
  codeListSummary,
  element,
  entity,
  entitySummary,
  listName,
  standard,
} from './standard-shapes.js';
import { conforming, contractsWithList } from './standard-uses.js';

const PATH = '/api/v1/standard';
const JSON_TYPE = 'application/json; charset=utf-8';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const named = closed({ name: listName });
const changed = closed({ data: codeList, epoch: count(), behind });
const reading = { method: 'GET', tag: 'standard', who: ['application', 'person'], problems: [400] } as const;

/** `/api/v1/standard`: any application may read; operators change code lists. Replies show what is in force. */
export const standardOperations: readonly Operation[] = [
  operation({
    ...reading,
    path: PATH,
    id: 'getStandard',
    summary: 'The unified community data standard in force: entities and code lists',
    description: 'For people: the pages at /standard.',
    replies: { 200: json('The standard.', standard) },
    handler({ exchange }) {
      const { catalog } = exchange.policy.current();
      const { major, version, codeLists } = catalog.standard;
      const lists = [...codeLists.values()].map(summarizeList);
      return { major, version, parents: PARENTS, entities: summaries(catalog), codeLists: lists };
    },
  }),
  operation({
    ...reading,
    path: `${PATH}/entities`,
    id: 'listEntities',
    summary: 'Every entity of the standard, and which contracts conform to it',
    replies: { 200: json('The entities.', closed({ data: list(entitySummary, 1_000) })) },
    handler: ({ exchange }) => ({ data: summaries(exchange.policy.current().catalog) }),
  }),
  operation({
    ...reading,
    path: `${PATH}/entities/{name}`,
    id: 'getEntity',
    summary: 'One entity: its elements, its JSON Schema, the contracts that conform to it',
    params: named,
    replies: { 200: json('The entity.', closed({ data: entity })) },
    problems: [400, 404],
    handler: ({ exchange }, { params }) => ({ data: entityOf(exchange.policy.current().catalog, params.name) }),
  }),
  operation({
    ...reading,
    path: `${PATH}/elements`,
    id: 'listElements',
    summary: 'Every data element, of all entities or of one',
    query: closed({ entity: Type.Optional(pattern('^[a-z][a-z0-9_]*$', 62)) }),
    replies: { 200: json('The elements, in the order of the standard.', closed({ data: list(element, 10_000) })) },
    handler({ exchange }, { query }) {
      const { standard } = exchange.policy.current().catalog;
      const { entity } = query();
      const known = [...standard.entities.keys()];
      if (entity !== undefined && !known.includes(entity)) {
        const fault = { parameter: 'entity', reason: 'no such entity', ...suggestion(entity, known) };
        throw refuse('bad-value', 'The standard has no such entity.', fault);
      }
      return { data: elementsOf(standard, entity).map(describeElement) };
    },
  }),
  operation({
    ...reading,
    path: `${PATH}/code-lists`,
    id: 'listCodeLists',
    summary: 'Every code list in force',
    replies: { 200: json('The lists.', closed({ data: list(codeListSummary, 1_000) })) },
    handler: ({ exchange }) => ({
      data: [...exchange.policy.current().catalog.standard.codeLists.values()].map(summarizeList),
    }),
  }),
  operation({
    ...reading,
    path: `${PATH}/code-lists/{name}`,
    id: 'getCodeList',
    summary: 'One code list: codes with titles, versions, and the contracts that use it',
    params: named,
    replies: { 200: json('The list.', closed({ data: codeList })) },
    problems: [400, 404],
    handler: ({ exchange }, { params }) => ({ data: listOf(exchange.policy.current().catalog, params.name) }),
  }),
  operation({
    method: 'PUT',
    path: `${PATH}/code-lists/{name}`,
    id: 'changeCodeList',
    tag: 'standard',
    who: ['operator', 'authority-reviewer'],
    summary: 'Replace a code list, or make a new one',
    description:
      'For operators and reviewers of the authority. Send the whole list. Codes of a standard cannot change. Codes in use can be retired but not removed: a retired code stays valid in rows and is refused in new deliveries. In force on every node when this returns.',
    params: named,
    headers: ['IdempotencyKey'],
    body: codeListDraft,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    replies: {
      200: json('The list as it is in force now.', changed, ['Exchange-Receipt']),
      201: json('A new list.', changed, ['Exchange-Receipt', 'Location']),
    },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, params, body }) {
      const kept = await idempotent(exchange, request, undefined, () =>
        change(exchange, request, { name: params.name, draft: body }),
      );
      return sendKept(reply, kept);
    },
  }),
];

async function change(
  exchange: Exchange,
  request: FastifyRequest,
  wanted: { name: string; draft: CodeListDraft },
): Promise<StoredReply> {
  const { created, receipt, epoch, behind } = await changeCodeList(exchange, wanted, byCaller(exchange, request));
  const data = listOf(exchange.policy.current().catalog, wanted.name);
  return {
    status: created ? 201 : 200,
    headers: {
      'content-type': JSON_TYPE,
      ...(created ? { location: `${PATH}/code-lists/${wanted.name}` } : {}),
      ...(receipt === undefined ? {} : { 'exchange-receipt': receiptHeader(receipt) }),
    },
    body: JSON.stringify({ data, epoch, behind }),
  };
}

function summaries(catalog: Catalog): Record<string, unknown>[] {
  return [...catalog.standard.entities.values()].map((one) => summarizeEntity(one, conforming(catalog, one.name)));
}

function entityOf(catalog: Catalog, name: string): Record<string, unknown> {
  const found = catalog.standard.entities.get(name);
  if (found === undefined) throw new Problem('not-found', 'The standard has no such entity');
  return {
    ...summarizeEntity(found, conforming(catalog, name)),
    elements: elementsOf(catalog.standard, name).map(describeElement),
    schema: entitySchema(found, catalog.standard),
  };
}

function listOf(catalog: Catalog, name: string): Record<string, unknown> {
  const found = catalog.standard.codeLists.get(name);
  if (found === undefined) throw new Problem('not-found', 'The standard has no such code list');
  return describeList(found, catalog.standard, contractsWithList(catalog, name));
}
