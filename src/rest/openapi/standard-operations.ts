import { MASKS } from '../../standard/type.js';
import { bodySchema } from '../data/body-schema.js';
import { contractId, name } from './dataset/dataset-page-schemas.js';
import type { Operation, Reply } from './operation.js';
import {
  boolean,
  choice,
  instant,
  integer,
  list,
  object,
  orNull,
  pattern,
  refTo,
  type Schema,
  text,
} from './schema.js';

const JSON_TYPE = 'application/json';
const application = { caller: 'application' as const, tag: 'standard' };
const listName = pattern('^[A-Za-z][A-Za-z0-9._-]*$', 100);
const code = pattern('^[0-9A-Za-z][0-9A-Za-z._-]*$', 20);
const codes = list(code, 10_000);
const contracts = list(contractId, 10_000);
const open: Schema = { type: 'object', maxProperties: 500, additionalProperties: true };

const entity = {
  name,
  title: refTo('Title'),
  candidateKeys: list(list(name, 20), 20),
  elementCount: integer(0),
  contracts,
};
const codeList = {
  name: listName,
  title: refTo('ListTitle'),
  source: orNull(text(100, { description: 'The standard that fixes its codes; null for a list of the tenant.' })),
  version: integer(0, undefined, { description: '0 as it shipped.' }),
  since: orNull(instant),
  codeCount: integer(0),
  retiredCount: integer(0),
};

/** Components of the operations below. */
export const standardComponents: Record<string, Schema> = {
  ListTitle: object({ zh: text(100), en: text(100) }, ['zh']),
  Standard: object({
    major: integer(1, 999),
    version: text(10_000, { description: 'The major, and each code list that was changed with its version.' }),
    parents: list(text(100), 100),
    entities: list(refTo('EntitySummary'), 1_000),
    codeLists: list(refTo('CodeListSummary'), 1_000),
  }),
  EntitySummary: object(entity),
  Entity: object({
    ...entity,
    elements: list(refTo('Element'), 1_000),
    schema: { ...open, description: 'JSON Schema 2020-12 of one row.' },
  }),
  Element: object({
    entity: name,
    name,
    type: open,
    declared: text(100),
    title: refTo('Title'),
    required: boolean,
    sensitivity: choice(['L1', 'L2', 'L3', 'L4']),
    mask: orNull(choice(MASKS)),
    codeList: orNull(listName),
    references: orNull(name),
    note: orNull(text(500)),
  }),
  CodeListSummary: object(codeList),
  CodeList: object({
    ...codeList,
    codes: list(object({ code, title: refTo('ListTitle'), retired: boolean, shipped: boolean }), 20_000),
    history: list(refTo('CodeListVersion'), 100_000),
    elements: list(text(130), 10_000),
    contracts,
  }),
  CodeListVersion: object({
    version: integer(1),
    since: instant,
    note: text(500),
    department: orNull(text(63)),
    added: codes,
    retitled: codes,
    retired: codes,
    revived: codes,
    removed: codes,
  }),
  CodeListDraft: bodySchema('code-list'),
};

function json(description: string, schema: Schema, headers: readonly string[] = []): Reply {
  return { description, content: { [JSON_TYPE]: schema }, headers };
}

const reading = { ...application, method: 'GET' as const, problems: [400] };
const changed = object({
  data: refTo('CodeList'),
  epoch: integer(0, Number.MAX_SAFE_INTEGER),
  behind: list(text(100), 1_000, { description: 'Nodes that do not serve it yet.' }),
});

/** The standard, and its code lists, which a tenant edits. */
export const standardOperations: readonly Operation[] = [
  {
    ...reading,
    path: '/api/v1/standard',
    id: 'getStandard',
    summary: 'The unified community data standard in force: entities and code lists',
    description: 'For people: the pages at /standard.',
    replies: { 200: json('The standard.', refTo('Standard')) },
  },
  {
    ...reading,
    path: '/api/v1/standard/entities',
    id: 'listEntities',
    summary: 'Every entity of the standard, and which contracts conform to it',
    replies: { 200: json('The entities.', object({ data: list(refTo('EntitySummary'), 1_000) })) },
  },
  {
    ...reading,
    path: '/api/v1/standard/entities/{name}',
    id: 'getEntity',
    summary: 'One entity: its elements, its JSON Schema, the contracts that conform to it',
    pathParameters: { name: listName },
    replies: { 200: json('The entity.', object({ data: refTo('Entity') })) },
    problems: [400, 404],
  },
  {
    ...reading,
    path: '/api/v1/standard/elements',
    id: 'listElements',
    summary: 'Every data element, of all entities or of one',
    query: { entity: pattern('^[a-z][a-z0-9_]*$', 62) },
    replies: {
      200: json('The elements, in the order of the standard.', object({ data: list(refTo('Element'), 10_000) })),
    },
  },
  {
    ...reading,
    path: '/api/v1/standard/code-lists',
    id: 'listCodeLists',
    summary: 'Every code list in force',
    replies: { 200: json('The lists.', object({ data: list(refTo('CodeListSummary'), 1_000) })) },
  },
  {
    ...reading,
    path: '/api/v1/standard/code-lists/{name}',
    id: 'getCodeList',
    summary: 'One code list: codes with their titles, versions, and who uses it',
    pathParameters: { name: listName },
    replies: { 200: json('The list.', object({ data: refTo('CodeList') })) },
    problems: [400, 404],
  },
  {
    ...application,
    method: 'PUT',
    path: '/api/v1/standard/code-lists/{name}',
    id: 'changeCodeList',
    summary: 'Make a code list become like this, or make a new one',
    description:
      'For operators. The whole list. Codes that a standard fixes stay as they are; codes in use may be retired, not left out: a retired code stays valid in rows and is refused in new deliveries. In force on every node when this returns.',
    pathParameters: { name: listName },
    headers: ['IdempotencyKey'],
    body: { [JSON_TYPE]: refTo('CodeListDraft') },
    replies: {
      200: json('The list as it is in force now.', changed, ['Exchange-Receipt']),
      201: json('A new list.', changed, ['Exchange-Receipt', 'Location']),
    },
    problems: [400, 403, 409, 413, 415, 422],
  },
];
