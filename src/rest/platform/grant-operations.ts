import Type from 'typebox';
import type { GrantDraft } from '../../access/grants/draft-grant.js';
import { type Grant, MODES } from '../../access/grants/grant.js';
import { issueGrant } from '../../access/grants/issue-grant.js';
import { revokeGrant } from '../../access/grants/revoke-grant.js';
import type { Caller } from '../../access/people/caller.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { Problem } from '../../platform/errors.js';
import { bodySchema } from '../http/body-schema.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';
import { masks, requires, rowScope } from '../openapi/dataset/dataset-page-schemas.js';
import { json, type Operation, operation } from '../operation.js';
import { choice, closed, datasetName, instant, integer, list, name, open, slug, text, uuid } from '../shapes.js';
import { ACCESS_READERS, byCaller, created, seesAll } from './platform-call.js';

const PATH = '/api/v1/grants';
const ONE = closed({ id: uuid });

const grant = closed(
  {
    id: uuid,
    version: integer(1),
    application: slug,
    dataset: datasetName,
    major: integer(1, 999),
    mode: choice(MODES),
    fields: list(name, 500),
    masks,
    rows: rowScope,
    purposes: list(slug, 100, { minItems: 1 }),
    legalBasis: text(2_000, { minLength: 1 }),
    requires,
    validFrom: instant,
    validUntil: instant,
    status: choice(['active', 'revoked', 'suspended']),
    approved: Type.Optional(
      open({ description: 'What the contract required for each field when the grant was agreed.' }),
    ),
  },
  { $id: 'Grant' },
);
const draft = Type.Unsafe<GrantDraft>({ ...bodySchema('grant'), $id: 'GrantDraft' });
const one = closed({ data: grant });

/** Grants. Operators issue and revoke them. */
export const grantOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'listGrants',
    tag: 'access',
    who: ACCESS_READERS,
    summary:
      "Grants of the calling application, or those that concern the caller's department; all for operators, reviewers and auditors",
    replies: { 200: json('Grants, the newest version of each.', closed({ data: list(grant, 100_000) })) },
    problems: [400, 403],
    handler({ exchange }, { caller }) {
      const index = exchange.policy.current();
      return { data: [...index.grants.values()].filter((each) => maySee(caller, each, index)).map(shown) };
    },
  }),
  operation({
    method: 'POST',
    path: PATH,
    id: 'issueGrant',
    tag: 'access',
    who: ['operator'],
    summary: 'Issue a grant that was agreed',
    description: 'For operators.',
    headers: ['IdempotencyKey'],
    body: draft,
    replies: { 201: json('The grant.', one, ['Location', 'Exchange-Receipt']) },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, body }) {
      const kept = await idempotent(exchange, request, undefined, async () => {
        const issued = await issueGrant(exchange, body, byCaller(exchange, request));
        return created(shown(issued.grant), issued.receipt, `${PATH}/${issued.grant.id}`);
      });
      return sendKept(reply, kept);
    },
  }),
  operation({
    method: 'GET',
    path: `${PATH}/{id}`,
    id: 'getGrant',
    tag: 'access',
    who: ACCESS_READERS,
    summary: 'One grant',
    params: ONE,
    replies: { 200: json('The grant.', one) },
    problems: [400, 403, 404],
    handler({ exchange }, { caller, params: { id } }) {
      const index = exchange.policy.current();
      const found = index.grants.get(id);
      if (found === undefined || !maySee(caller, found, index)) throw new Problem('not-found');
      return { data: shown(found) };
    },
  }),
  operation({
    method: 'POST',
    path: `${PATH}/{id}/revoke`,
    id: 'revokeGrant',
    tag: 'access',
    who: ['operator'],
    summary: 'Revoke a grant: after this reply no data leaves under it',
    description: 'For operators.',
    params: ONE,
    replies: { 200: json('The grant.', one, ['Exchange-Receipt']) },
    problems: [400, 403, 404, 409],
    async handler({ exchange }, { request, reply, params: { id } }) {
      const revoked = await revokeGrant(exchange, id, byCaller(exchange, request));
      withReceipt(reply, revoked.receipt);
      return { data: shown(revoked.grant) };
    },
  }),
];

/** An application sees its own; a person those of the department's applications and on the department's datasets. */
function maySee(caller: Caller, { application, dataset }: Grant, { applications }: PolicyIndex): boolean {
  if (seesAll(caller)) return true;
  if (caller.kind === 'application') return caller.id === application;
  const holder = applications.get(application)?.department;
  return holder === caller.department || dataset.startsWith(`${caller.department}/`);
}

/** Without the name from which the linkage key is derived: nobody outside needs it. */
function shown({ linkage: _, ...grant }: Grant): Omit<Grant, 'linkage'> {
  return grant;
}
