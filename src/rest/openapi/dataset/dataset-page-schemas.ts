import { MODES } from '../../../access/grants/grant.js';
import { LIVE_CANNOT } from '../../../query/live-keys.js';
import { MASKS, OPERATORS, TYPES } from '../../../standard/type.js';
import {
  boolean,
  choice,
  instant,
  integer,
  list,
  map,
  object,
  orNull,
  pattern,
  refTo,
  type Schema,
  text,
  uuid,
} from '../schema.js';

const SENSITIVITIES = ['L1', 'L2', 'L3', 'L4'];
export const name = pattern('^[a-z][a-z0-9_]*$', 63);
export const slug = pattern('^[a-z][a-z0-9-]*$', 63);
export const datasetName = pattern('^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$', 130);
export const contractId = pattern('^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*/v[1-9][0-9]*$', 140);
const path = { type: 'string', format: 'uri-reference', maxLength: 300 };
/** Terms of the catalog as declared: names that the contract's schema knows, scalars as written. */
export const terms: Schema = { type: 'object', maxProperties: 50, additionalProperties: true };
const masks: Schema = { type: 'object', maxProperties: 500, additionalProperties: choice(MASKS) };

const rows: Schema = {
  anyOf: [
    object({ all: { type: 'boolean', const: true } }),
    object({
      scope: list(
        {
          anyOf: [
            object({ field: name, in: list(text(100), 1_000) }),
            object({ field: name, prefix: list(text(100), 1_000) }),
          ],
        },
        20,
      ),
    }),
  ],
  description: 'Which rows: all, or a conjunction over the scope dimensions of the contract.',
};

/** Components that every dataset's operations share. */
export const sharedDatasetSchemas: Record<string, Schema> = {
  Title: object({ zh: text(500), en: text(500) }),
  PageInfo: object({
    next_cursor: orNull(pattern('^[A-Za-z0-9_-]{48,4096}$', 4_096)),
    has_more: boolean,
    count: {
      anyOf: [
        integer(0, Number.MAX_SAFE_INTEGER),
        object({ atLeast: integer(0, Number.MAX_SAFE_INTEGER) }),
        { type: 'null' },
      ],
      description: 'Where `_count` asked for it.',
    },
  }),
  NotFoundKey: object({ key: {}, found: { type: 'boolean', const: false } }),
  RowScope: rows,
  Masks: masks,
  DatasetField: object(
    {
      name,
      type: choice(Object.keys(TYPES)),
      code_list: text(100),
      title: refTo('Title'),
      required: boolean,
      sensitivity: choice(SENSITIVITIES),
      default_mask: choice(MASKS),
      operators: list(choice(OPERATORS), OPERATORS.length),
      sortable: boolean,
      standard: boolean,
    },
    ['name', 'type', 'title', 'required', 'sensitivity', 'default_mask', 'operators', 'sortable', 'standard'],
  ),
  OwnGrant: object({
    grant: text(64),
    version: integer(1),
    mode: choice(MODES),
    purposes: list(slug, 100),
    fields: list(name, 500),
    masks: refTo('Masks'),
    rows: refTo('RowScope'),
    requires: object({ case: boolean, operator: boolean }, []),
    valid_from: instant,
    valid_until: instant,
  }),
  DatasetPage: object({
    dataset: datasetName,
    version: pattern('^[0-9]+\\.[0-9]+$', 20),
    title: refTo('Title'),
    summary: refTo('Title'),
    publisher: object({ slug, title: orNull(refTo('Title')) }),
    entity: orNull(name),
    resource: terms,
    classification: terms,
    sharing: terms,
    source_of_truth: boolean,
    live: { ...boolean, description: 'Asked at its department for each ask, by key only; nothing of it lies here.' },
    cannot: list(choice(LIVE_CANNOT), LIVE_CANNOT.length, {
      description: 'What a dataset that is asked live refuses.',
    }),
    release: orNull(integer(0, Number.MAX_SAFE_INTEGER)),
    key: list(name, 20),
    fields: list(refTo('DatasetField'), 500),
    relations: list(
      object({ name, to: contractId, on: { type: 'object', maxProperties: 20, additionalProperties: name } }),
      100,
    ),
    scopes: list(name, 100),
    may: list(refTo('OwnGrant'), 1_000, { description: 'Active grants of the caller on this dataset.' }),
    links: object(
      Object.fromEntries(
        ['self', 'rows', 'query', 'lookup', 'schema', 'openapi', 'deliveries'].map((link) => [link, path]),
      ),
      ['self', 'lookup', 'schema', 'openapi'],
    ),
  }),
  JsonSchema: { type: 'object', maxProperties: 100, additionalProperties: true, description: 'A JSON Schema 2020-12.' },
  OpenapiDocument: {
    type: 'object',
    maxProperties: 20,
    additionalProperties: true,
    description: 'An OpenAPI 3.1 document.',
  },
  Report: orNull(
    object(
      {
        unmapped: list(text(1_000), 10_000, { description: 'Columns that no field of the contract takes.' }),
        suggestions: map(text(1_000), 100, { description: 'Of those, the heading that was probably meant.' }),
        unmappedValues: list(
          object({
            field: name,
            heading: text(1_000),
            values: list(object({ value: text(40), rows: integer(1) }), 50),
            more: integer(0),
            other: integer(0),
          }),
          1_000,
          { description: 'Own codes that the contract maps to none of the standard.' },
        ),
        derived: map(object({ filled: integer(0), differing: integer(0), unclear: integer(0) }), 1_000, {
          description: 'Fields that follow from others, in rows.',
        }),
        source: map({}, 20, { description: 'What the source itself tells: sheets left out, counts reconciled.' }),
        faults: list(object({ field: orNull(name), rule: text(100), rows: integer(0) }), 10_000),
        quality: refTo('ShortQuality'),
        kept: integer(0),
        superseded: integer(0),
        unchanged: object({ sameAs: uuid, release: integer(0) }),
        refused: object({ rule: text(100), reason: text(2_000), line: integer(0) }, ['rule', 'reason']),
      },
      ['unmapped', 'faults'],
    ),
  ),
  Upload: object({ id: uuid, received: integer(0), remaining: integer(0) }),
  DeliveryAccepted: object({ id: uuid, state: choice(['landed']), mode: choice(['snapshot', 'delta']) }),
  Delivery: object(
    {
      id: uuid,
      state: choice(['receiving', 'landed', 'publishing', 'published', 'rejected', 'failed', 'cancelled']),
      mode: choice(['snapshot', 'delta']),
      ...Object.fromEntries(
        ['received', 'accepted', 'rejected', 'inserted', 'updated', 'deleted'].map((count) => [count, integer(0)]),
      ),
      release: orNull(integer(0, Number.MAX_SAFE_INTEGER)),
      digest: orNull(pattern('^sha-256=:[A-Za-z0-9+/]{43}=:$', 80)),
      report: refTo('Report'),
      rejects: orNull(path),
      created: instant,
      ended: orNull(instant),
    },
    [
      'id',
      'state',
      'mode',
      'received',
      'accepted',
      'rejected',
      'inserted',
      'updated',
      'deleted',
      'release',
      'digest',
      'report',
      'rejects',
    ],
  ),
};
