import fc from 'fast-check';
import { PERSON_ROLES, type PersonRole } from '../../src/access/people/role.js';
import { type RequestStanding, refuseStep, type Taker } from '../../src/workflow/access-request/refuse-step.js';
import { type StepName, TRANSITIONS, transitionOf } from '../../src/workflow/access-request/transitions.js';

const everyone: Taker[] = Object.keys(PERSON_ROLES).flatMap((role) =>
  ['asking', 'giving', 'third'].map((department) => ({
    kind: 'person' as const,
    id: `${role}@${department}`,
    department,
    roles: [role as PersonRole],
  })),
);
const program: Taker = { kind: 'application', id: 'app', department: 'giving', roles: ['operator'] };
const anyTaker = fc.constantFrom<Taker>(...everyone, undefined, program);
const anyStep = fc.constantFrom(...(Object.keys(TRANSITIONS) as StepName[]));

const BEGINNING: RequestStanding = {
  state: 'draft',
  department: 'asking',
  provider: 'giving',
  drafters: ['department-operator@asking'],
  approvedBy: null,
  supplement: null,
  extension: null,
};

interface Taken {
  step: StepName;
  now: RequestStanding;
  taker: Taker;
  path: readonly StepName[];
}

const DECIDING: ReadonlySet<StepName> = new Set(['approve', 'agree', 'refuse', 'resume', 'suspend']);
const OWN: ReadonlySet<StepName> = new Set(['provide', 'expire', 'renewed']);

/** What must never happen, said without the table's help. */
const NEVER: readonly (readonly [string, (taken: Taken) => boolean])[] = [
  ['a step of a program', ({ taker }) => taker?.kind === 'application'],
  ['a third department', ({ taker }) => taker?.department === 'third' && !taker.roles.includes('authority-reviewer')],
  ['the exchange decides', ({ step, taker }) => taker === undefined && !OWN.has(step)],
  ['the own draft', ({ step, now, taker }) => DECIDING.has(step) && now.drafters.includes(taker?.id ?? '')],
  ['the own approval', ({ step, now, taker }) => DECIDING.has(step) && taker?.id === now.approvedBy],
  ['another agrees', ({ step, taker }) => step === 'agree' && taker?.id !== 'department-manager@giving'],
  ['agreed unseen', ({ step, path }) => step === 'agree' && !(path.includes('approve') && path.includes('accept'))],
  ['open without agreement', ({ step, path }) => transitionOf(step).to === 'active' && !path.includes('agree')],
  ['agreed twice', ({ step, path }) => step === 'agree' && path.includes('agree')],
  ['a gift of time', ({ step, path }) => step === 'extend' && !path.includes('ask-extension')],
  ['a second list', ({ step, path }) => step === 'ask-supplement' && path.includes('ask-supplement')],
  ['after the end', ({ now }) => ['refused', 'withdrawn', 'renewed', 'disposed'].includes(now.state)],
];

function after(step: StepName, now: RequestStanding, taker: Taker): RequestStanding {
  const next = { ...now, state: transitionOf(step).to };
  if (step === 'approve') return { ...next, approvedBy: taker?.id ?? null };
  if (step === 'return') return { ...next, approvedBy: null };
  if (step === 'ask-supplement') return { ...next, supplement: {} };
  if (step === 'ask-extension') return { ...next, extension: { by: taker?.id ?? '', state: 'asked' } };
  if (step === 'extend' && now.extension) return { ...next, extension: { ...now.extension, state: 'granted' } };
  return next;
}

/** Walks random steps of random people over the table. Returns what happened although it must not, if anything. */
export function forbiddenStep(): string | undefined {
  let found: string | undefined;
  fc.assert(
    fc.property(fc.array(fc.tuple(anyStep, anyTaker), { maxLength: 400 }), (walk) => {
      let now = BEGINNING;
      const path: StepName[] = [];
      for (const [step, taker] of walk) {
        if (refuseStep(step, now, taker) !== undefined) continue;
        found ??= NEVER.find(([, happens]) => happens({ step, now, taker, path }))?.[0];
        path.push(step);
        now = after(step, now, taker);
      }
      return found === undefined;
    }),
    { numRuns: 500 },
  );
  return found;
}
