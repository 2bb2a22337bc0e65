import type { Caller } from '../../access/people/caller.js';
import type { RequestSide, RequestState, StepCondition, Transition } from './transition.js';
import { type StepName, transitionOf } from './transitions.js';

/** What of a request decides who may take a step. */
export interface RequestStanding {
  state: RequestState;
  /** Of the applicant. */
  department: string;
  /** Publisher of the dataset. */
  provider: string;
  /** Everyone who made or changed the draft. */
  drafters: readonly string[];
  approvedBy: string | null;
  supplement: object | null;
  extension: { by: string; state: 'asked' | 'granted' | 'refused' } | null;
}

/** Undefined: the exchange itself takes the step. */
export type Taker = Pick<Caller, 'kind' | 'id' | 'department' | 'roles'> | undefined;

export interface RefusedStep {
  code: 'forbidden' | 'conflict';
  detail: string;
}

/** Why the step can't be taken now by this caller; undefined where it can. Pure. */
export function refuseStep(step: StepName, request: RequestStanding, taker: Taker): RefusedStep | undefined {
  const { by, from, when, notBy = [] } = transitionOf(step);
  if (taker === undefined ? by.exchange === undefined : !holdsSide(by, request, taker)) {
    const sides = Object.keys(by).join(' or ');
    return { code: 'forbidden', detail: `This step is for the ${sides} of the request, in the role that it needs` };
  }
  if (!from.includes(request.state)) {
    return { code: 'conflict', detail: `The request is ${request.state}: this step needs ${from.join(' or ')}` };
  }
  if (when !== undefined && !HOLDS[when](request))
    return { code: 'conflict', detail: `This step needs ${when}, and the request is not so` };
  const own = { drafter: request.drafters, approver: [request.approvedBy], extender: [request.extension?.by] };
  if (taker === undefined || !notBy.some((what) => own[what].includes(taker.id))) return undefined;
  return { code: 'forbidden', detail: 'Nobody approves what they made or asked for: another person decides this' };
}

const HOLDS: Readonly<Record<StepCondition, (request: RequestStanding) => boolean>> = {
  'no supplement': ({ supplement }) => supplement === null,
  'a supplement': ({ supplement }) => supplement !== null,
  'no extension': ({ extension }) => extension === null,
  'extension asked': ({ extension }) => extension?.state === 'asked',
};

function holdsSide(by: Transition['by'], request: RequestStanding, taker: NonNullable<Taker>): boolean {
  return (['applicant', 'provider', 'authority'] as const).some(
    (side) => isOn(side, request, taker) && by[side]?.some((role) => taker.roles.includes(role)),
  );
}

function isOn(
  side: Exclude<RequestSide, 'exchange'>,
  { department, provider }: RequestStanding,
  taker: NonNullable<Taker>,
): boolean {
  if (taker.kind !== 'person') return false;
  if (side === 'applicant') return taker.department === department;
  return side === 'authority' || taker.department === provider;
}
