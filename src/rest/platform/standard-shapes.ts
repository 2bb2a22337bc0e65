import Type from 'typebox';
import type { CodeListDraft } from '../../standard/check-code-list.js';
import { MASKS } from '../../standard/type.js';
import { bodySchema } from '../http/body-schema.js';
import {
  boolean,
  choice,
  closed,
  contractId,
  instant,
  integer,
  list,
  name,
  open,
  orNull,
  pattern,
  text,
  title,
} from '../shapes.js';

/** Inputs and outputs of the operations on the standard. */
export const listName = pattern('^[A-Za-z][A-Za-z0-9._-]*$', 100);
const code = pattern('^[0-9A-Za-z][0-9A-Za-z._-]*$', 20);
const codes = list(code, 10_000);
const contracts = list(contractId, 10_000);
const listTitle = closed({ zh: text(100), en: Type.Optional(text(100)) }, { $id: 'ListTitle' });

const summarized = {
  name,
  title,
  candidateKeys: list(list(name, 20), 20),
  elementCount: integer(0),
  contracts,
};
export const entitySummary = closed(summarized, { $id: 'EntitySummary' });
export const element = closed(
  {
    entity: name,
    name,
    type: open(),
    declared: text(100),
    title,
    required: boolean,
    sensitivity: choice(['L1', 'L2', 'L3', 'L4']),
    mask: orNull(choice(MASKS)),
    codeList: orNull(listName),
    references: orNull(name),
    note: orNull(text(500)),
  },
  { $id: 'Element' },
);
export const entity = closed(
  { ...summarized, elements: list(element, 1_000), schema: open({ description: 'JSON Schema 2020-12 of one row.' }) },
  { $id: 'Entity' },
);

const listed = {
  name: listName,
  title: listTitle,
  source: orNull(text(100, { description: 'The standard that defines its codes; null for a list of the tenant.' })),
  version: integer(0, undefined, { description: '0: as shipped.' }),
  since: orNull(instant),
  codeCount: integer(0),
  retiredCount: integer(0),
};
export const codeListSummary = closed(listed, { $id: 'CodeListSummary' });
const version = closed(
  {
    version: integer(1),
    since: instant,
    note: text(500),
    department: orNull(text(63)),
    added: codes,
    retitled: codes,
    retired: codes,
    revived: codes,
    removed: codes,
  },
  { $id: 'CodeListVersion' },
);
export const codeList = closed(
  {
    ...listed,
    codes: list(closed({ code, title: listTitle, retired: boolean, shipped: boolean }), 20_000),
    history: list(version, 100_000),
    elements: list(text(130), 10_000),
    contracts,
  },
  { $id: 'CodeList' },
);
export const codeListDraft = Type.Unsafe<CodeListDraft>({ ...bodySchema('code-list'), $id: 'CodeListDraft' });

export const standard = closed(
  {
    major: integer(1, 999),
    version: text(10_000, { description: 'The major version, and each changed code list with its version.' }),
    parents: list(text(100), 100),
    entities: list(entitySummary, 1_000),
    codeLists: list(codeListSummary, 1_000),
  },
  { $id: 'Standard' },
);
