import { loadStandard } from '../../standard/standard.js';
import { type Catalog, makeCatalog } from '../catalog.js';
import { compileContract } from '../compile/compile-contract.js';
import { compilePublisher, compilePurpose } from '../compile/compile-party.js';
import { linkContract } from '../compile/link.js';
import type { Contract, Publisher, Purpose } from '../contract.js';
import { type LoadedDocument, loadCatalog } from '../load.js';
import type { CatalogFault } from './fault.js';

export interface CheckedCatalog {
  faults: CatalogFault[];
  contracts: Contract[];
  publishers: Publisher[];
  purposes: Purpose[];
}

/** Reads, compiles and links the folder of a catalog. Faults name file, line and place, in file order. */
export async function checkCatalog(directory: string): Promise<CheckedCatalog> {
  const loaded = await loadCatalog(directory);
  const faults = [...loaded.faults];
  const publishers = compileAll(loaded.publishers, faults, compilePublisher, (made) => made.publisher);
  const purposes = compileAll(loaded.purposes, faults, compilePurpose, (made) => made.purpose);
  const standard = loadStandard();
  const compile = (document: unknown) => compileContract(document, standard);
  const contracts = compileAll(loaded.contracts, faults, compile, (made) => made.contract);
  checkUnique(publishers, (publisher) => publisher.slug, faults);
  checkUnique(purposes, (purpose) => purpose.code, faults);
  const values = {
    contracts: contracts.map(({ made }) => made),
    publishers: publishers.map(({ made }) => made),
    purposes: purposes.map(({ made }) => made),
  };
  const catalog = makeCatalog(values.contracts, values.publishers, values.purposes);
  for (const { made, from } of contracts) checkPlace(made, from, catalog, faults);
  faults.sort((a, b) => compareText(a.file ?? '', b.file ?? '') || (a.line ?? 0) - (b.line ?? 0));
  return { faults, ...values };
}

interface Compiled<T> {
  made: T;
  from: LoadedDocument;
}

function compileAll<R extends object, T>(
  documents: readonly LoadedDocument[],
  faults: CatalogFault[],
  compile: (document: unknown) => R | { faults: CatalogFault[] },
  take: (result: R) => T,
): Compiled<T>[] {
  const compiled: Compiled<T>[] = [];
  for (const from of documents) {
    const result = compile(from.document);
    if ('faults' in result) faults.push(...result.faults.map((fault) => placed(fault, from)));
    else compiled.push({ made: take(result), from });
  }
  return compiled;
}

function checkUnique<T>(compiled: readonly Compiled<T>[], name: (made: T) => string, faults: CatalogFault[]): void {
  const seen = new Set<string>();
  for (const { made, from } of compiled) {
    if (seen.has(name(made))) faults.push(placed({ path: '', reason: `${name(made)} appears twice here` }, from));
    seen.add(name(made));
  }
}

/** A contract's file is at the path of its name, so that no two files hold one contract. */
function checkPlace(contract: Contract, from: LoadedDocument, catalog: Catalog, faults: CatalogFault[]): void {
  const expected = `${contract.name}.v${contract.major}.yaml`;
  if (from.file !== expected) {
    faults.push(
      placed({ path: '/dataset', reason: 'The file is not where its dataset and version say', expected }, from),
    );
  }
  faults.push(...linkContract(contract, catalog).map((fault) => placed(fault, from)));
}

function placed(fault: CatalogFault, from: LoadedDocument): CatalogFault {
  const line = from.lineOf(fault.path);
  return { file: from.file, ...(line === undefined ? {} : { line }), ...fault, path: from.base + fault.path };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
