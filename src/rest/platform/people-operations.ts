import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Caller } from '../../access/people/caller.js';
import {
  type ChangedPerson,
  checkPeople,
  decideProposal,
  disablePerson,
  type Proposed,
  proposeChange,
  proposePeople,
  proposePerson,
} from '../../access/people/change-person.js';
import type { Person } from '../../access/people/person.js';
import { PERSON_ROLES } from '../../access/people/role.js';
import { operationsOf } from '../../access/people/role-operations.js';
import { openInvitation } from '../../access/sign-in/invitation.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';
import { json, type Operation, type OperationContext, operation } from '../operation.js';
import { closed, list } from '../shapes.js';
import {
  decided,
  login,
  ownAccount,
  person,
  personDraft,
  personDrafts,
  roles,
  session,
  shownPerson,
} from './people-shapes.js';
import { byCaller, created } from './platform-call.js';

const PATH = '/api/v1/people';
const ONE = closed({ login });
const one = closed({ data: person });
const changed = { 200: json('The account.', one, ['Exchange-Receipt']) };
const SECOND = ['department-manager', 'security-administrator'] as const;

const ownOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: '/api/v1/me',
    id: 'getOwnAccount',
    tag: 'access',
    who: ['person'],
    summary: 'The account of the person who calls, and what its roles allow',
    replies: { 200: json('The account.', closed({ data: ownAccount })) },
    problems: [400, 403],
    handler({ exchange }, { caller: { id } }) {
      const { pending: _, ...shown } = shownPerson(known(exchange.policy.current().people, id));
      const titles = shown.roles.map((each) => PERSON_ROLES[each]);
      return { data: { ...shown, titles, operations: operationsOf(shown.roles) } };
    },
  }),
  operation({
    method: 'GET',
    path: '/api/v1/me/sessions',
    id: 'listOwnSessions',
    tag: 'access',
    who: ['person'],
    summary: 'Where the person who calls is signed in',
    replies: { 200: json('The sessions that are open, newest first.', closed({ data: list(session, 100) })) },
    problems: [400, 403],
    handler: async ({ sessions }, { caller }) => ({ data: await sessions.listOpen(caller.id) }),
  }),
  operation({
    method: 'DELETE',
    path: '/api/v1/me/sessions',
    id: 'endOwnSessions',
    tag: 'access',
    who: ['person'],
    summary: 'Sign out: this session, or everywhere',
    query: closed({
      everywhere: Type.Optional(Type.Unsafe<'true' | 'false'>({ type: 'string', enum: ['true', 'false'] })),
    }),
    replies: { 204: { description: 'Its tokens open nothing any more, on any node.' } },
    problems: [400, 403],
    async handler({ sessions }, { request, reply, caller, query }) {
      const own = request.subject.person === undefined ? undefined : request.subject.session;
      await sessions.end(caller.id, query().everywhere === 'true' ? undefined : own);
      return reply.code(204).send();
    },
  }),
];

/** Accounts of people. Each change of roles and each invitation is proposed by one person and decided by another. */
export const peopleOperations: readonly Operation[] = [
  ...ownOperations,
  operation({
    method: 'GET',
    path: PATH,
    id: 'listPeople',
    tag: 'access',
    who: [...SECOND, 'security-auditor'],
    summary: 'Accounts of the own department; all for security administrators and auditors',
    replies: { 200: json('Accounts.', closed({ data: list(person, 100_000) })) },
    problems: [400, 403],
    handler({ exchange }, { caller }) {
      const all = [...exchange.policy.current().people.values()];
      return { data: all.filter((each) => maySee(caller, each)).map(shownPerson) };
    },
  }),
  operation({
    method: 'POST',
    path: PATH,
    id: 'proposePerson',
    tag: 'access',
    who: ['security-administrator'],
    summary: 'Propose an account',
    description:
      'The manager of its department confirms it and gets the link for the person; where it has none, another security administrator; else the machine (`exchange bootstrap --confirm`).',
    headers: ['IdempotencyKey'],
    body: personDraft,
    replies: { 201: json('The account, which waits for a second person.', one, ['Location', 'Exchange-Receipt']) },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, body, caller }) {
      const kept = await idempotent(exchange, request, undefined, async () => {
        const made = await proposePerson(exchange, body, byPerson(exchange, request, caller));
        return created(shownPerson(made.person), made.receipt, PATH);
      });
      return sendKept(reply, kept);
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/import`,
    id: 'proposePeople',
    tag: 'access',
    who: ['security-administrator'],
    summary: 'Propose a list of accounts: all or none',
    description: 'With `dryRun` nothing is changed. The problem names each fault by its place in the list.',
    body: personDrafts,
    replies: { 204: { description: 'All are proposed, or could be.', headers: ['Exchange-Receipt'] } },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, body, caller }) {
      const faults = checkPeople(body.people, exchange.policy.current());
      if (faults.length > 0) throw new Problem('unprocessable', 'The accounts cannot be made', { faults });
      if (body.dryRun === true) return reply.code(204).send();
      const receipt = await proposePeople(exchange, body.people, byPerson(exchange, request, caller));
      return withReceipt(reply, receipt).code(204).send();
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{login}/roles`,
    id: 'proposeRoles',
    tag: 'access',
    who: ['security-administrator'],
    summary: 'Propose other roles for an account',
    params: ONE,
    body: closed({ roles }),
    replies: changed,
    problems: [400, 403, 404, 409, 413, 415, 422],
    handler: ({ exchange }, { request, reply, params, body, caller }) =>
      propose(exchange, { request, reply, caller }, { ...params, change: 'roles', roles: body.roles }),
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{login}/invite-again`,
    id: 'proposeInvitation',
    tag: 'access',
    who: ['security-administrator'],
    summary: 'Propose another invitation, after a lost password or device',
    params: ONE,
    replies: changed,
    problems: [400, 403, 404, 409],
    handler: ({ exchange }, { request, reply, params, caller }) =>
      propose(exchange, { request, reply, caller }, { ...params, change: 'invite-again' }),
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{login}/confirm`,
    id: 'confirmPerson',
    tag: 'access',
    who: SECOND,
    summary: 'Confirm what is proposed for an account, as the second person',
    description:
      'For an invitation the reply has the link, once. Nobody decides what they proposed, or about themselves.',
    params: ONE,
    replies: { 200: json('The account.', decided, ['Exchange-Receipt']) },
    problems: [400, 403, 404, 409],
    async handler(context, { request, reply, params, caller }) {
      const done = await decide(context, { request, caller, login: params.login, confirm: true });
      withReceipt(reply, done.receipt);
      const { exchange, secrets } = context;
      const { publicUrl } = exchange.config;
      const data = shownPerson(done.person);
      if (!done.isInvited) return { data };
      const invitation = await openInvitation({ ...exchange, secrets }, params.login, publicUrl);
      return { data, invitation };
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{login}/refuse`,
    id: 'refusePerson',
    tag: 'access',
    who: SECOND,
    summary: 'Refuse what is proposed for an account, as the second person',
    params: ONE,
    replies: changed,
    problems: [400, 403, 404, 409],
    async handler(context, { request, reply, params, caller }) {
      const done = await decide(context, { request, caller, login: params.login, confirm: false });
      withReceipt(reply, done.receipt);
      return { data: shownPerson(done.person) };
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{login}/disable`,
    id: 'disablePerson',
    tag: 'access',
    who: ['security-administrator'],
    summary: 'Close an account at once: its tokens and sessions end',
    params: ONE,
    replies: changed,
    problems: [400, 403, 404, 409],
    async handler({ exchange, sessions }, { request, reply, params, caller }) {
      const done = await disablePerson(exchange, params.login, byPerson(exchange, request, caller));
      await sessions.end(params.login);
      withReceipt(reply, done.receipt);
      return { data: shownPerson(done.person) };
    },
  }),
];

function maySee({ roles, department }: Caller, other: Person): boolean {
  return roles.includes('department-manager') ? department === other.department : true;
}

function byPerson(exchange: Exchange, request: FastifyRequest, { id }: Caller) {
  return { ...byCaller(exchange, request), proposer: id };
}

interface Calling {
  request: FastifyRequest;
  reply: Parameters<typeof withReceipt>[0];
  caller: Caller;
}

async function propose(exchange: Exchange, { request, reply, caller }: Calling, asked: Proposed & { login: string }) {
  const done = await proposeChange(exchange, asked, byPerson(exchange, request, caller));
  withReceipt(reply, done.receipt);
  return { data: shownPerson(done.person) };
}

interface Verdict {
  request: FastifyRequest;
  caller: Caller;
  login: string;
  confirm: boolean;
}

/** A manager of another department learns nothing of the account. */
async function decide(
  { exchange, sessions }: OperationContext,
  { request, caller, login, confirm }: Verdict,
): Promise<ChangedPerson & { isInvited: boolean }> {
  const about = exchange.policy.current().people.get(login);
  if (about === undefined || !maySee(caller, about)) throw new Problem('not-found', 'No such account');
  const done = await decideProposal(exchange, { login, confirm, second: caller.id }, byCaller(exchange, request));
  if (done.isInvited) await sessions.end(login);
  return done;
}
