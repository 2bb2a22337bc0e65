import type { Contract } from '../../catalog/contract.js';

/** The part of an ask that `decide` needs; `Ask` of query fits it. */
export interface Question {
  contract: Pick<Contract, 'id'>;
  target:
    | { kind: 'page'; where?: AskedCondition | undefined; sort?: { field: string } | undefined }
    | { kind: 'id' }
    | { kind: 'keys' };
  selection: AskedSelection;
  /** True: fields that are not granted are withheld. False: they deny the whole ask. */
  partial: boolean;
}

export interface AskedSelection {
  /** undefined = every granted field. */
  fields: readonly string[] | undefined;
  relations: ReadonlyMap<string, AskedSelection>;
}

export type AskedCondition =
  | { path: string }
  | { and: readonly AskedCondition[] }
  | { or: readonly AskedCondition[] }
  | { not: AskedCondition };

/** What the caller states beside the ask: purpose, grant, case, operator. */
export interface Stated {
  purpose: string | undefined;
  grant: string | undefined;
  caseNumber: string | undefined;
  operator: string | undefined;
}
