import { nearMiss } from '../../platform/near-miss.js';

/** One thing that is wrong in the catalog. `path` is a JSON Pointer into the document. */
export interface CatalogFault {
  /** Relative to the catalog's folder; absent where the document came through the API. */
  file?: string;
  line?: number;
  path: string;
  reason: string;
  expected?: string;
  suggestion?: string;
}

/** Gathers faults: a document is told everything that is wrong with it at once. */
export interface Faults {
  list: CatalogFault[];
  add(path: readonly (string | number)[], reason: string, more?: { expected?: string; suggestion?: string }): void;
  /** A name that should be one of `known` and is not. */
  unknown(path: readonly (string | number)[], name: string, known: Iterable<string>, what: string): void;
}

export function gatherFaults(): Faults {
  const list: CatalogFault[] = [];
  const add: Faults['add'] = (path, reason, more = {}) => {
    list.push({ path: pointer(path), reason, ...more });
  };
  return {
    list,
    add,
    unknown: (path, name, known, what) => {
      const suggestion = nearMiss(name, known);
      add(path, `There is no ${what} ${clip(name)}`, suggestion === undefined ? {} : { suggestion });
    },
  };
}

/** JSON Pointer (RFC 6901). */
export function pointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The parts of a JSON Pointer. */
export function pointerParts(text: string): string[] {
  if (text === '') return [];
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A name as a fault may show it. */
export function clip(name: string): string {
  return name.length <= 64 ? name : `${name.slice(0, 63)}…`;
}
