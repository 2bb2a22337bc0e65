import type { PersonRole } from '../../access/people/role.js';
import type { AuditEvent } from '../../audit/entry.js';

export const REQUEST_STATES = [
  'draft',
  'approved',
  'submitted',
  'in-review',
  'supplement',
  'refused',
  'withdrawn',
  'provisioning',
  'active',
  'suspended',
  'rectified',
  'renewed',
  'expired',
  'terminated',
  'disposal',
  'disposed',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** Who takes a step: the department that asks, the publisher of the dataset, the authority (主管部门), or the exchange itself. */
export type RequestSide = 'applicant' | 'provider' | 'authority' | 'exchange';

/** What a step does with the running clock of the request. `reply` is art. 21, `provision` art. 22. */
type ClockMove = 'start-reply' | 'pause' | 'resume' | 'extend' | 'stop' | 'stop-and-provide';

export type StepCondition = 'no supplement' | 'a supplement' | 'no extension' | 'extension asked';

/** One step of an access request. */
export interface Transition {
  title: { zh: string; en: string };
  from: readonly RequestState[];
  to: RequestState;
  /** Roles by side. The exchange has none. */
  by: Readonly<Partial<Record<RequestSide, readonly PersonRole[]>>>;
  /** Who may not take it, because it approves what that person did: nobody approves what they made or asked for. */
  notBy?: readonly ('drafter' | 'approver' | 'extender')[];
  /** What else of the request must hold. */
  when?: StepCondition;
  /** The event of its entry. */
  entry: AuditEvent;
  clock?: ClockMove;
  /** Somebody of `by` is waited for: a task. */
  awaited?: boolean;
}

/** States in which a request for the same is open. */
export const OPEN_STATES: readonly RequestState[] = [
  'draft',
  'approved',
  'submitted',
  'in-review',
  'supplement',
  'provisioning',
  'active',
  'suspended',
  'rectified',
];
