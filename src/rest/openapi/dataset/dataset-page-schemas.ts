import Type from 'typebox';
import { MODES } from '../../../access/grants/grant.js';
import { LIVE_CANNOT } from '../../../query/live-keys.js';
import { MASKS, OPERATORS, TYPES } from '../../../standard/type.js';
import {
  boolean,
  choice,
  closed,
  contractId,
  count,
  datasetName,
  instant,
  integer,
  list,
  map,
  name,
  open,
  orNull,
  pattern,
  relativePath,
  slug,
  text,
  title,
} from '../../shapes.js';

/** Terms of the catalog as declared: names from the contract's schema, scalars as written. */
export const terms = open({}, 50);
export const masks = map(choice(MASKS), 500, { $id: 'Masks' });
export const requires = closed({ case: Type.Optional(boolean), operator: Type.Optional(boolean) });

const values = list(text(100), 1_000);
const scopes = Type.Union([closed({ field: name, in: values }), closed({ field: name, prefix: values })]);
export const rowScope = Type.Union([closed({ all: Type.Literal(true) }), closed({ scope: list(scopes, 20) })], {
  $id: 'RowScope',
  description: 'Which rows: all, or a conjunction over the scope dimensions of the contract.',
});

export const pageInfo = closed(
  {
    next_cursor: orNull(pattern('^[A-Za-z0-9_-]{48,65536}$', 65_536)),
    has_more: boolean,
    count: Type.Union([count(), closed({ atLeast: count() }), Type.Null()], {
      description: 'Only if `_count` requests it.',
    }),
  },
  { $id: 'PageInfo' },
);
export const notFoundKey = closed({ key: Type.Unknown(), found: Type.Literal(false) }, { $id: 'NotFoundKey' });

const field = closed(
  {
    name,
    type: choice(Object.keys(TYPES)),
    code_list: Type.Optional(text(100)),
    title,
    required: boolean,
    sensitivity: choice(['L1', 'L2', 'L3', 'L4']),
    default_mask: choice(MASKS),
    operators: list(choice(OPERATORS), OPERATORS.length),
    sortable: boolean,
    standard: boolean,
  },
  { $id: 'DatasetField' },
);
const ownGrant = closed(
  {
    grant: text(64),
    version: integer(1),
    mode: choice(MODES),
    purposes: list(slug, 100),
    fields: list(name, 500),
    masks,
    rows: rowScope,
    requires,
    valid_from: instant,
    valid_until: instant,
  },
  { $id: 'OwnGrant' },
);
const relation = closed({ name, to: contractId, on: map(name, 20) });
const link = relativePath(300);
const perhaps = Type.Optional(link);

export const datasetPage = closed(
  {
    dataset: datasetName,
    version: pattern('^[0-9]+\\.[0-9]+$', 20),
    title,
    summary: title,
    publisher: closed({ slug, title: orNull(title) }),
    entity: orNull(name),
    resource: terms,
    classification: terms,
    sharing: terms,
    source_of_truth: boolean,
    live: Type.Boolean({
      description: 'Each request asks the department, by key only; no rows are stored here.',
    }),
    cannot: list(choice(LIVE_CANNOT), LIVE_CANNOT.length, {
      description: 'What is refused for a dataset that is asked live.',
    }),
    release: orNull(count()),
    key: list(name, 20),
    fields: list(field, 500),
    relations: list(relation, 100),
    scopes: list(name, 100),
    may: list(ownGrant, 1_000, { description: 'Active grants of the caller on this dataset.' }),
    links: closed({
      self: link,
      rows: perhaps,
      query: perhaps,
      lookup: link,
      schema: link,
      openapi: link,
      deliveries: perhaps,
    }),
  },
  { $id: 'DatasetPage' },
);
export const jsonSchema = open({ $id: 'JsonSchema', description: 'A JSON Schema 2020-12.' }, 100);
export const openapiDocument = open({ $id: 'OpenapiDocument', description: 'An OpenAPI 3.1 document.' }, 20);
