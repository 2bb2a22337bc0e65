import type { GrantDraft } from '../../access/grants/draft-grant.js';
import type { RequestState } from './transition.js';

/** What an application asks for (共享申请): a grant, and why. */
export interface RequestDraft extends GrantDraft {
  /** 应用场景 */
  scenario: string;
  /** 使用范围: who uses the data, and for whom. */
  scope: string;
  /** Why L3 or L4 fields, or the rows of children, are needed unmasked. */
  unmaskedBasis?: string;
  /** Why every row is needed. */
  allRowsBasis?: string;
  /** For the provider's judgement; nothing enforces it. */
  expected?: { requestsPerDay: number; rowsPerDay: number };
  /** The request whose grant goes on by this one, with its linkage. */
  renews?: string;
}

/** What the provider may narrow. */
export type AgreedTerms = Pick<
  GrantDraft,
  'fields' | 'masks' | 'rows' | 'purposes' | 'requires' | 'validFrom' | 'validUntil'
>;

/** What a step says. Which members a step has and needs is in the schema of its operation. */
export interface StepBody extends Partial<AgreedTerms> {
  reasons?: string;
  statement?: string;
  /** The one complete list of a supplement. */
  items?: readonly string[];
  /** One for each item that is missing. */
  answers?: readonly string[];
  /** Positions in the list. */
  missing?: readonly number[];
  workingDays?: number;
  cause?: TerminationCause;
  /** With whom of the applicant it was discussed, and its filing (备案). */
  consulted?: string;
  filing?: string;
}

export const TERMINATION_CAUSES = ['misuse', 'purpose-fulfilled', 'provider-change'] as const;
type TerminationCause = (typeof TERMINATION_CAUSES)[number];

export interface Supplement {
  items: readonly string[];
  /** Positions of the items that are missing. */
  missing: readonly number[];
  answers: readonly (string | null)[];
}

/** What the steps made of a request, beside its state. */
export interface RequestFacts {
  asked: RequestDraft;
  sharing: 'unconditional' | 'conditional';
  /** Everyone who made or changed the draft. */
  drafters: readonly string[];
  approvedBy: string | null;
  supplement: Supplement | null;
  extension: { workingDays: number; reasons: string; by: string; state: 'asked' | 'granted' | 'refused' } | null;
  decision: {
    outcome: 'agreed' | 'agreed-in-part' | 'refused';
    by: string;
    reasons: string | null;
    terms: AgreedTerms | null;
  } | null;
  termination: { cause: TerminationCause; consulted: string | null; filing: string | null } | null;
}

export interface AccessRequest extends RequestFacts {
  id: string;
  /** Counts the steps; the ETag. */
  version: number;
  state: RequestState;
  department: string;
  provider: string;
  grant: string | null;
  /** RFC 3339. */
  draftedAt: string;
  movedAt: string;
}
