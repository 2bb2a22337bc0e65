import Type from 'typebox';
import type { ApplicationDraft } from '../../access/identity/check-application.js';
import { disableApplication, registerApplication } from '../../access/identity/register-application.js';
import type { Application } from '../../access/identity/subject.js';
import type { Caller } from '../../access/people/caller.js';
import { Problem } from '../../platform/errors.js';
import { bodySchema } from '../http/body-schema.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import { boolean, choice, closed, count, list, pattern, slug, text } from '../shapes.js';
import { ACCESS_READERS, byCaller, created, seesAll } from './platform-call.js';

const PATH = '/api/v1/applications';
const ONE = closed({ clientId: slug });

const publicKey = closed(
  {
    kty: choice(['EC', 'OKP']),
    crv: choice(['P-256', 'Ed25519']),
    x: pattern('^[A-Za-z0-9_-]+$', 64),
    y: Type.Optional(pattern('^[A-Za-z0-9_-]+$', 64)),
    kid: text(200, { minLength: 1 }),
    alg: Type.Optional(choice(['ES256', 'EdDSA'])),
    use: Type.Optional(choice(['sig'])),
  },
  { $id: 'PublicKey', description: 'RFC 7517; a private key is refused.' },
);
const application = closed(
  {
    clientId: slug,
    title: text(200),
    department: slug,
    roles: list(choice(['publisher', 'operator', 'auditor']), 3),
    jwks: closed({ keys: list(publicKey, 8) }),
    dpop: boolean,
    status: choice(['active', 'disabled', 'suspended']),
    tokensNotBefore: count(),
  },
  { $id: 'Application' },
);
const draft = Type.Unsafe<Omit<ApplicationDraft, 'roles'> & Partial<ApplicationDraft>>({
  ...bodySchema('application'),
  $id: 'ApplicationDraft',
});
const one = closed({ data: application });

/** Operators register applications; security administrators also disable them. */
export const applicationOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'listApplications',
    tag: 'access',
    who: ACCESS_READERS,
    summary: "The calling application, or those of the caller's department; all for operators, reviewers and auditors",
    replies: { 200: json('Applications.', closed({ data: list(application, 100_000) })) },
    problems: [400, 403],
    handler({ exchange }, { caller }) {
      const all = [...exchange.policy.current().applications.values()];
      return { data: all.filter((each) => maySee(caller, each)) };
    },
  }),
  operation({
    method: 'POST',
    path: PATH,
    id: 'registerApplication',
    tag: 'access',
    who: ['operator'],
    summary: 'Register an application with its public keys',
    description: 'For operators.',
    headers: ['IdempotencyKey'],
    body: draft,
    replies: { 201: json('The application.', one, ['Location', 'Exchange-Receipt']) },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, body }) {
      const kept = await idempotent(exchange, request, undefined, async () => {
        const wanted = { ...body, roles: body.roles ?? [] };
        const made = await registerApplication(exchange, wanted, byCaller(exchange, request));
        return created(made.application, made.receipt, `${PATH}/${made.application.clientId}`);
      });
      return sendKept(reply, kept);
    },
  }),
  operation({
    method: 'GET',
    path: `${PATH}/{clientId}`,
    id: 'getApplication',
    tag: 'access',
    who: ACCESS_READERS,
    summary: 'One application',
    params: ONE,
    replies: { 200: json('The application.', one) },
    problems: [400, 403, 404],
    handler({ exchange }, { caller, params: { clientId } }) {
      const found = exchange.policy.current().applications.get(clientId);
      if (found === undefined || !maySee(caller, found)) throw new Problem('not-found');
      return { data: found };
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{clientId}/disable`,
    id: 'disableApplication',
    tag: 'access',
    who: ['operator', 'security-administrator'],
    summary: 'Disable an application: its tokens and assertions end at once',
    description: 'For operators and security administrators.',
    params: ONE,
    replies: { 200: json('The application.', one, ['Exchange-Receipt']) },
    problems: [400, 403, 404, 409],
    async handler({ exchange }, { request, reply, params: { clientId } }) {
      const disabled = await disableApplication(exchange, clientId, byCaller(exchange, request));
      withReceipt(reply, disabled.receipt);
      return { data: disabled.application };
    },
  }),
];

/** An application sees itself, a person those of the department. */
function maySee(caller: Caller, { clientId, department }: Application): boolean {
  if (seesAll(caller)) return true;
  return caller.kind === 'application' ? caller.id === clientId : caller.department === department;
}
