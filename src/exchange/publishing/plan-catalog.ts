import canonicalize from 'canonicalize';
import { type Catalog, makeCatalog } from '../../catalog/catalog.js';
import type { CatalogFault } from '../../catalog/check/fault.js';
import { compareContracts } from '../../catalog/compare.js';
import { compileContract } from '../../catalog/compile/compile-contract.js';
import { compilePublisher, compilePurpose } from '../../catalog/compile/compile-party.js';
import { linkContract } from '../../catalog/compile/link.js';
import type { Contract, Publisher, Purpose } from '../../catalog/contract.js';
import { type Fault, Problem, type ProblemCode } from '../../platform/errors.js';
import { pointerTo } from '../../platform/json-pointer.js';

/** Documents to publish, as declared. */
export interface CatalogDocuments {
  contracts?: readonly unknown[];
  publishers?: readonly unknown[];
  purposes?: readonly unknown[];
}

/** The effect of publishing: only what is new or different. */
export interface CatalogPlan {
  contracts: { contract: Contract; before: Contract | undefined }[];
  publishers: Publisher[];
  purposes: Purpose[];
  /** Ids of documents that are published already, unchanged. */
  unchanged: string[];
}

/**
 * Compiles the documents and compares them with what is published. Writes nothing.
 * @throws Problem unprocessable (faults, version not advanced, another major), breaking-change; each names every fault
 * by a pointer into the documents
 */
export function planCatalog(documents: CatalogDocuments, published: Catalog): CatalogPlan {
  const faults: CatalogFault[] = [];
  const { standard } = published;
  const compile = (document: unknown) => compileContract(document, standard);
  const publishers = compileAll('publishers', documents.publishers, compilePublisher, faults).map(
    (made) => made.publisher,
  );
  const purposes = compileAll('purposes', documents.purposes, compilePurpose, faults).map((made) => made.purpose);
  const contracts = compileAll('contracts', documents.contracts, compile, faults).map((made) => made.contract);
  refuse('unprocessable', 'The catalog has faults', faults);
  const next = makeCatalog(
    new Map([...published.contracts, ...contracts.map((c) => [c.id, c] as const)]).values(),
    [...published.publishers.values(), ...publishers],
    [...published.purposes.values(), ...purposes],
    standard,
  );
  checkTogether(contracts, next, faults);
  refuse('unprocessable', 'The catalog has faults', faults);
  const plan = differences({ contracts, publishers, purposes }, published);
  checkChanges(contracts, published);
  return plan;
}

function compileAll<R extends object>(
  name: keyof CatalogDocuments,
  documents: readonly unknown[] = [],
  compile: (document: unknown) => R | { faults: CatalogFault[] },
  faults: CatalogFault[],
): R[] {
  return documents.flatMap((document, i) => {
    const result = compile(document);
    if (!('faults' in result)) return [result];
    faults.push(
      ...(result.faults as CatalogFault[]).map((fault) => ({ ...fault, path: pointerTo([name, i]) + fault.path })),
    );
    return [];
  });
}

function checkTogether(contracts: readonly Contract[], next: Catalog, faults: CatalogFault[]): void {
  const seen = new Set<string>();
  contracts.forEach((contract, i) => {
    const at = pointerTo(['contracts', i]);
    if (seen.has(contract.id)) faults.push({ path: `${at}/dataset`, reason: `${contract.id} appears twice here` });
    seen.add(contract.id);
    faults.push(...linkContract(contract, next).map((fault) => ({ ...fault, path: at + fault.path })));
  });
}

/**
 * Within a major version only additive changes are allowed, each with a higher minor. Another major of a lineage is not
 * supported yet.
 */
function checkChanges(contracts: readonly Contract[], published: Catalog): void {
  const breaking: CatalogFault[] = [];
  const versions: CatalogFault[] = [];
  contracts.forEach((contract, i) => {
    const at = pointerTo(['contracts', i]);
    const before = published.contracts.get(contract.id);
    const lineage = [...published.contracts.values()].find((other) => other.name === contract.name);
    if (before === undefined && lineage !== undefined) {
      const reason = `${contract.name} is published as v${lineage.major}; a second major beside it can't be published yet`;
      versions.push({ path: `${at}/version`, reason });
    }
    if (before === undefined || before.hash === contract.hash) return;
    for (const change of compareContracts(before, contract)) {
      if (change.breaking) breaking.push({ path: at + change.path, reason: `${contract.id}: ${change.what}` });
    }
    if (contract.minor <= before.minor) {
      const suggestion = `${before.major}.${before.minor + 1}`;
      const reason = `${contract.id} differs from what is published as ${before.major}.${before.minor}`;
      versions.push({ path: `${at}/version`, reason, expected: 'a higher minor', suggestion });
    }
  });
  refuse('breaking-change', breaking.map((fault) => fault.reason).join('; '), breaking);
  refuse('unprocessable', versions.map((fault) => fault.reason).join('; '), versions);
}

function differences(
  made: { contracts: Contract[]; publishers: Publisher[]; purposes: Purpose[] },
  published: Catalog,
): CatalogPlan {
  const unchanged: string[] = [];
  const isNew = <T>(id: string, document: T, before: T | undefined): boolean => {
    const same = before !== undefined && canonicalize(document) === canonicalize(before);
    if (same) unchanged.push(id);
    return !same;
  };
  return {
    publishers: made.publishers.filter((p) => isNew(p.slug, p, published.publishers.get(p.slug))),
    purposes: made.purposes.filter((p) => isNew(p.code, p, published.purposes.get(p.code))),
    contracts: made.contracts
      .map((contract) => ({ contract, before: published.contracts.get(contract.id) }))
      .filter(({ contract, before }) => isNew(contract.id, contract.hash, before?.hash)),
    unchanged,
  };
}

function refuse(code: ProblemCode, detail: string, faults: readonly CatalogFault[]): void {
  if (faults.length === 0) return;
  throw new Problem(code, detail.slice(0, 1000), { faults: faults.map(asFault) });
}

function asFault({ path, reason, expected, suggestion }: CatalogFault): Fault {
  return {
    pointer: path,
    reason,
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
