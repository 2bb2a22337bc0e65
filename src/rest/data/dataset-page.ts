import { MODES } from '../../access/grants/grant.js';
import type { Subject } from '../../access/identity/subject.js';
import { compileAccess } from '../../access/policy/compile-access.js';
import type { Contract, Field } from '../../catalog/contract.js';
import { datasetPath } from '../../catalog/contract-id.js';
import { proxyOf } from '../../catalog/source-terms.js';
import type { Exchange } from '../../exchange/exchange.js';
import { LIVE_CANNOT } from '../../query/live-keys.js';
import { maskedSchema } from '../../standard/mask.js';
import { type Mask, typeOf, type ValueSchema } from '../../standard/type.js';
import { anyCode } from '../../standard/types/code.js';

/**
 * `GET /data/{publisher}/{dataset}/v{major}`: the catalog's terms, for every authenticated application, with what this
 * caller may do.
 */
export function datasetPage(exchange: Exchange, subject: Subject, contract: Contract): Record<string, unknown> {
  const path = datasetPath(contract.id);
  const live = proxyOf(contract) !== undefined;
  const { catalog } = exchange.policy.current();
  return {
    dataset: contract.name,
    version: `${contract.major}.${contract.minor}`,
    title: contract.title,
    summary: contract.summary,
    publisher: { slug: contract.publisher, title: catalog.publishers.get(contract.publisher)?.title ?? null },
    entity: contract.entity ?? null,
    resource: contract.resource,
    classification: contract.classification,
    sharing: contract.sharing,
    source_of_truth: contract.sourceOfTruth,
    live,
    cannot: live ? LIVE_CANNOT : [],
    release: live ? null : (exchange.releases.release(contract.name) ?? null),
    key: contract.key,
    fields: [...contract.fields.values()].map((field) => describeField(field, contract)),
    relations: [...contract.relations.values()].map(({ name, to, on }) => ({ name, to, on })),
    scopes: [...contract.scopes],
    may: mayOf(exchange, subject, contract),
    links: {
      self: path,
      ...(live ? {} : { rows: `${path}/rows`, query: `${path}/rows/query` }),
      lookup: `${path}/rows/lookup`,
      schema: `${path}/schema`,
      openapi: `${path}/openapi.json`,
      ...(live ? {} : { deliveries: `${path}/deliveries` }),
    },
  };
}

function describeField(field: Field, contract: Contract): Record<string, unknown> {
  return {
    name: field.name,
    type: field.type.name,
    ...(field.type.list === undefined ? {} : { code_list: field.type.list }),
    title: field.title,
    required: field.required,
    sensitivity: field.sensitivity,
    default_mask: field.defaultMask,
    operators: contract.filterable.has(field.name) ? typeOf(field.type).operators : [],
    sortable: contract.sortable.has(field.name),
    standard: field.standard,
  };
}

/** The caller's own active grants on this dataset. */
function mayOf(exchange: Exchange, subject: Subject, contract: Contract): Record<string, unknown>[] {
  const index = exchange.policy.current();
  return MODES.flatMap((mode) =>
    index.grantsOf(subject.sub, contract.id, mode).map((grant) => ({
      grant: grant.id,
      version: grant.version,
      mode,
      purposes: grant.purposes,
      fields: grant.fields,
      masks: grant.masks,
      rows: grant.rows,
      requires: grant.requires,
      valid_from: grant.validFrom,
      valid_until: grant.validUntil,
    })),
  );
}

/**
 * JSON Schema 2020-12 of the rows as this caller sees them. Without a read grant: of the whole contract, because data
 * dictionaries are open.
 */
export function rowSchema(exchange: Exchange, subject: Subject, contract: Contract): Record<string, unknown> {
  const grants = exchange.policy.current().grantsOf(subject.sub, contract.id, 'read');
  const accesses = grants.map((grant) => compileAccess(grant, contract));
  const seen = (name: string) => accesses.length === 0 || accesses.some((access) => access.fields.has(name));
  const fields = [...contract.fields.values()].filter((field) => seen(field.name));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${exchange.config.publicUrl}${datasetPath(contract.id)}/schema`,
    title: contract.title.zh,
    type: 'object',
    required: ['_id', ...fields.map(({ name }) => name)],
    properties: {
      _id: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]{22}$',
        description: 'Identifies the row under this grant only.',
      },
      ...Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, accesses)])),
    },
  };
}

/** The schema of the field under every grant of the caller: each mask has its own form. */
function fieldSchema(field: Field, accesses: readonly ReturnType<typeof compileAccess>[]): ValueSchema {
  const given = accesses.flatMap((access) => access.fields.get(field.name) ?? []);
  const masks = new Set<Mask>(accesses.length === 0 ? ['none'] : given.map(({ mask }) => mask));
  const minorMasks = given.flatMap(({ minorMask }) => (minorMask === 'none' ? [] : minorMask));
  const plain = typeOf(field.type).schema(field.type, () => anyCode);
  const forms = [...new Set([...masks, ...minorMasks])].flatMap((mask) => maskedSchema(mask, field.type, plain) ?? []);
  const named = [...masks].filter((mask) => mask !== 'none');
  return {
    title: field.title.zh,
    'x-sensitivity': field.sensitivity,
    ...(named.length === 0 ? {} : { 'x-mask': named.join(', ') }),
    anyOf: [...forms, { type: 'null' }],
  };
}
