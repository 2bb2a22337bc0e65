import Type, { type TProperties, type TUnsafe } from 'typebox';
import {
  type AgreedTerms,
  type RequestDraft,
  type StepBody,
  TERMINATION_CAUSES,
} from '../../workflow/access-request/request.js';
import { REQUEST_STATES } from '../../workflow/access-request/transition.js';
import { STEP_NAMES } from '../../workflow/access-request/transitions.js';
import { DUTY_NAMES } from '../../workflow/duty-clock/duties.js';
import { bodySchema, grantMembers } from '../http/body-schema.js';
import { boolean, choice, closed, instant, integer, list, open, orNull, slug, text, title, uuid } from '../shapes.js';

const words = (most = 2_000) => text(most, { minLength: 1, pattern: '^[^\\u0000]*\\S[^\\u0000]*$' });
const date = Type.String({ format: 'date', maxLength: 10 });

const { required, ...grant } = bodySchema('grant');
export const requestDraft = Type.Unsafe<RequestDraft>({
  ...grant,
  title: 'What an application asks for',
  description:
    'As in a grant, with scenario and scope. All rows, and fields without a mask, need a basis of their own.',
  required: [...(Array.isArray(required) ? required : []), 'scenario', 'scope'],
  properties: {
    ...grantMembers(),
    scenario: words(),
    scope: words(),
    unmaskedBasis: words(),
    allRowsBasis: words(),
    expected: closed(
      { requestsPerDay: integer(1), rowsPerDay: integer(1) },
      { description: "For the provider's judgement; nothing enforces it." },
    ),
    renews: { ...uuid, description: 'The request whose grant goes on, with its linkage.' },
  },
  $id: 'AccessRequestDraft',
});

const { fields, masks, rows, purposes, requires, validFrom, validUntil } = grantMembers();
const termMembers = { fields, masks, rows, purposes, requires, validFrom, validUntil };
const terms = Type.Unsafe<AgreedTerms>({
  type: 'object',
  additionalProperties: false,
  required: ['fields', 'masks', 'rows', 'purposes', 'validUntil'],
  properties: termMembers,
  $id: 'AgreedTerms',
});

const reasons = words();
const items = list(words(500), 50, { minItems: 1, description: 'The one complete list.' });
const says = (members: TProperties) => Type.Unsafe<StepBody>(closed(members));
/** What each step says. */
export const STEP_BODIES: Readonly<Record<(typeof STEP_NAMES)[number], TUnsafe<StepBody>>> = {
  approve: says({}),
  return: says({ reasons }),
  submit: says({}),
  accept: says({}),
  'ask-supplement': says({ items }),
  'still-missing': says({
    missing: list(integer(0, 49), 50, { minItems: 1, description: 'Positions in the list.' }),
  }),
  'stop-clock': says({ reasons }),
  supplement: says({ answers: list(words(), 50, { minItems: 1 }) }),
  'ask-extension': says({ workingDays: integer(1, 10), reasons }),
  extend: says({}),
  'refuse-extension': says({ reasons }),
  agree: Type.Unsafe<StepBody>({
    type: 'object',
    additionalProperties: false,
    description: 'What is left out is agreed as it was asked. With less than that: the reasons.',
    properties: { ...termMembers, reasons },
  }),
  refuse: says({ reasons }),
  withdraw: says({ reasons: Type.Optional(reasons) }),
  suspend: says({ reasons }),
  rectify: says({ statement: words() }),
  'refuse-rectification': says({ reasons }),
  resume: says({}),
  terminate: says({
    cause: choice(TERMINATION_CAUSES),
    reasons,
    consulted: Type.Optional(words(500)),
    filing: Type.Optional(words(200)),
  }),
  'ask-disposal': says({}),
  'confirm-disposal': says({ statement: words() }),
};

const stepName = choice(STEP_NAMES);
const runningClock = closed(
  {
    duty: choice(DUTY_NAMES),
    title,
    article: integer(1, 55),
    due: orNull(date),
    provisional: boolean,
    overdue: boolean,
  },
  { $id: 'RunningClock' },
);
const clock = closed(
  {
    duty: choice(DUTY_NAMES),
    article: integer(1, 55),
    department: slug,
    started: date,
    extension: integer(0, 60),
    pauses: list(closed({ from: date, until: orNull(date) }), 50),
    due: orNull(date),
    provisional: boolean,
    ended: orNull(date),
  },
  { $id: 'DutyClock' },
);
const supplement = closed({
  items,
  missing: list(integer(0, 49), 50),
  answers: list(orNull(text(2_000)), 50),
});
const extension = closed({
  workingDays: integer(1, 10),
  reasons,
  by: slug,
  state: choice(['asked', 'granted', 'refused']),
});
const decision = closed({
  outcome: choice(['agreed', 'agreed-in-part', 'refused']),
  by: slug,
  reasons: orNull(text(2_000)),
  terms: orNull(terms),
});
const termination = closed({
  cause: choice(TERMINATION_CAUSES),
  consulted: orNull(text(500)),
  filing: orNull(text(200)),
});
const step = closed(
  {
    step: text(40),
    version: integer(1),
    state: choice(REQUEST_STATES),
    person: orNull(slug),
    department: orNull(slug),
    said: open({ description: 'The body of the step.' }, 20),
    at: instant,
  },
  { $id: 'TakenStep', description: 'A person of null is the exchange itself.' },
);
const members = {
  id: uuid,
  version: integer(1),
  state: choice(REQUEST_STATES),
  department: slug,
  provider: slug,
  asked: requestDraft,
  sharing: choice(['unconditional', 'conditional']),
  drafters: list(slug, 100),
  approvedBy: orNull(slug),
  grant: orNull(uuid),
  supplement: orNull(supplement),
  extension: orNull(extension),
  decision: orNull(decision),
  termination: orNull(termination),
  draftedAt: instant,
  movedAt: instant,
  may: list(stepName, STEP_NAMES.length, { description: 'Steps that the caller can take now.' }),
};
export const listedRequest = closed({ ...members, clock: orNull(runningClock) }, { $id: 'ListedAccessRequest' });
export const accessRequest = closed(
  { ...members, clocks: list(clock, 100), steps: list(step, 1_000) },
  { $id: 'AccessRequest' },
);
export const task = closed(
  {
    request: uuid,
    version: integer(1),
    state: choice(REQUEST_STATES),
    dataset: text(130),
    application: slug,
    department: slug,
    provider: slug,
    clock: orNull(runningClock),
    operations: list(closed({ step: stepName, operation: text(60), title }), STEP_NAMES.length, {
      description: 'Steps that the caller can take, by the operationId.',
    }),
  },
  { $id: 'Task' },
);
