import type { Catalog } from './catalog.js';
import type { Contract, Field } from './contract.js';

/** A contract in lists of the platform API (camelCase). */
export function summarizeContract(contract: Contract, catalog: Catalog): Record<string, unknown> {
  return {
    id: contract.id,
    dataset: contract.name,
    version: `${contract.major}.${contract.minor}`,
    publisher: contract.publisher,
    publisherTitle: catalog.publishers.get(contract.publisher)?.title ?? null,
    entity: contract.entity ?? null,
    title: contract.title,
    summary: contract.summary,
    resource: contract.resource,
    classification: contract.classification,
    sharingAttribute: contract.sharing.attribute,
    sourceOfTruth: contract.sourceOfTruth,
    hash: contract.hash,
  };
}

/** A compiled contract in full, with its document as declared. */
export function describeContract(contract: Contract, catalog: Catalog): Record<string, unknown> {
  return {
    ...summarizeContract(contract, catalog),
    sharing: contract.sharing,
    key: contract.key,
    subjects: contract.subjects,
    partition: contract.partition ?? null,
    fields: [...contract.fields.values()].map((field) => describeField(field, contract)),
    scopes: [...contract.scopes],
    relations: [...contract.relations.values()],
    statistics: contract.statistics ?? null,
    delivery: contract.delivery,
    exactCount: contract.exactCount,
    document: contract.document,
  };
}

function describeField(field: Field, contract: Contract): Record<string, unknown> {
  return {
    name: field.name,
    type: field.type,
    title: field.title,
    required: field.required,
    sensitivity: field.sensitivity,
    defaultMask: field.defaultMask,
    from: field.from,
    codes: field.codes ?? null,
    standard: field.standard,
    filterable: contract.filterable.has(field.name),
    sortable: contract.sortable.has(field.name),
    scope: contract.scopes.has(field.name),
  };
}
