import type { Contract } from '../../catalog/contract.js';

/** What decide needs of an ask; query's `Ask` fits it. */
export interface Question {
  contract: Pick<Contract, 'id'>;
  target:
    | { kind: 'page'; where?: AskedCondition | undefined; sort?: { field: string } | undefined }
    | { kind: 'id' }
    | { kind: 'keys' };
  selection: AskedSelection;
  /** True where what is not granted is withheld instead of denying the whole. */
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

/** What the caller states beside the ask. */
export interface Stated {
  purpose: string | undefined;
  grant: string | undefined;
  caseNumber: string | undefined;
  operator: string | undefined;
}
