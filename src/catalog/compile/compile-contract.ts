import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Standard } from '../../standard/standard.js';
import { checkReferences } from '../check/check-references.js';
import { checkSchema } from '../check/check-schema.js';
import { checkSource } from '../check/check-source.js';
import { checkTerms } from '../check/check-terms.js';
import { type CatalogFault, gatherFaults } from '../check/fault.js';
import type { Contract, Field, Relation } from '../contract.js';
import type { ContractDocument } from '../contract-document.js';
import { contractId } from '../contract-id.js';
import { datasetParts, tableOf } from '../names.js';
import { compileDelivery } from './compile-delivery.js';
import { compileFields } from './compile-fields.js';

/**
 * Compiles a contract's document (scalars are strings, as in YAML's failsafe schema) against the standard. Pure. `link.ts` checks relations to other
 * contracts. Faults carry JSON Pointers into the document, in its order.
 */
export function compileContract(
  document: unknown,
  standard: Standard,
): { contract: Contract } | { faults: CatalogFault[] } {
  const read = checkSchema('contract', document);
  if ('faults' in read) return read;
  const declared = read.document;
  const faults = gatherFaults();
  const entity = declared.entity === undefined ? undefined : standard.entities.get(declared.entity);
  if (declared.entity !== undefined && entity === undefined) {
    faults.unknown(['entity'], declared.entity, standard.entities.keys(), 'entity');
    return { faults: faults.list };
  }
  const fields = compileFields(declared, entity, { standard, faults });
  checkTerms(declared, faults);
  checkSource(declared, faults);
  checkReferences(declared, fields, faults);
  return faults.list.length > 0 ? { faults: faults.list } : { contract: assemble(declared, fields) };
}

/** SHA-256 (hex) of a document's canonical JSON (RFC 8785). */
function documentHash(document: unknown): string {
  return hash('sha256', canonicalize(document)!, 'hex');
}

function assemble(document: ContractDocument, fields: ReadonlyMap<string, Field>): Contract {
  const { publisher, slug: dataset } = datasetParts(document.dataset);
  const [major, minor] = document.version.split('.');
  const subjects = document.subjects ?? [];
  return {
    id: contractId(document.dataset, Number(major)),
    name: document.dataset,
    publisher,
    dataset,
    major: Number(major),
    minor: Number(minor),
    ...(document.entity === undefined ? {} : { entity: document.entity }),
    title: document.title,
    summary: document.summary,
    resource: document.resource,
    classification: document.classification,
    sharing: document.sharing,
    assessments: document.assessments,
    sourceOfTruth: document['source-of-truth'] === 'true',
    key: [document.key].flat(),
    subjects,
    ...(document.partition === undefined ? {} : { partition: document.partition }),
    fields,
    filterable: new Set(document.filterable),
    sortable: new Set(document.sortable),
    scopes: new Set(document.scopes),
    relations: relationsOf(document),
    personalJoins: new Set(),
    ...statisticsOf(document),
    delivery: compileDelivery(document.delivery ?? {}),
    exactCount: document['exact-count'] === 'true',
    table: tableOf(publisher, dataset),
    hasMinors: subjects.length > 0,
    hash: documentHash(document),
    document,
  };
}

function relationsOf(document: ContractDocument): Map<string, Relation> {
  return new Map(
    Object.entries(document.relations ?? {}).map(([name, relation]) => [
      name,
      { name, to: relation.to, on: relation.on },
    ]),
  );
}

function statisticsOf({ statistics }: ContractDocument): Pick<Contract, 'statistics'> {
  return statistics === undefined
    ? {}
    : { statistics: { by: statistics.by, minimum: Number(statistics.minimum ?? '10') } };
}
