import { pointerTo } from '../../platform/json-pointer.js';
import { nearMiss } from '../../platform/near-miss.js';

/** One fault in the catalog. `path` is a JSON Pointer into the document. */
export interface CatalogFault {
  /** Relative to the catalog's folder; absent where the document came by the API. */
  file?: string;
  line?: number;
  path: string;
  reason: string;
  expected?: string;
  suggestion?: string;
}

/** Collects faults, so that one check reports all faults of a document. */
export interface Faults {
  list: CatalogFault[];
  add(path: readonly (string | number)[], reason: string, more?: { expected?: string; suggestion?: string }): void;
  /** Adds a fault for a name that is not in `known`. */
  unknown(path: readonly (string | number)[], name: string, known: Iterable<string>, what: string): void;
}

export function gatherFaults(): Faults {
  const list: CatalogFault[] = [];
  const add: Faults['add'] = (path, reason, more = {}) => {
    list.push({ path: pointerTo(path), reason, ...more });
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

/** A name, shortened for display in a fault. */
export function clip(name: string): string {
  return name.length <= 64 ? name : `${name.slice(0, 63)}…`;
}
