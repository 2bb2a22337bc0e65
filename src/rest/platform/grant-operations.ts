import Type from 'typebox';
import type { GrantDraft } from '../../access/grants/draft-grant.js';
import { type Grant, MODES } from '../../access/grants/grant.js';
import { issueGrant } from '../../access/grants/issue-grant.js';
import { revokeGrant } from '../../access/grants/revoke-grant.js';
import { Problem } from '../../platform/errors.js';
import { bodySchema } from '../http/body-schema.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';
import { masks, requires, rowScope } from '../openapi/dataset/dataset-page-schemas.js';
import { json, type Operation, operation } from '../operation.js';
import { choice, closed, datasetName, instant, integer, list, name, open, slug, text, uuid } from '../shapes.js';
import { byOperator, created, seesAll } from './platform-call.js';

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

/** Grants. Operators issue and revoke them. An application sees its own; operators and auditors see all. */
export const grantOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'listGrants',
    tag: 'access',
    who: ['application'],
    summary: 'Grants of the calling application; all grants for operators and auditors',
    replies: { 200: json('Grants, the newest version of each.', closed({ data: list(grant, 100_000) })) },
    problems: [400, 403],
    handler({ exchange }, { caller }) {
      const all = [...exchange.policy.current().grants.values()];
      return { data: all.filter((each) => each.application === caller.clientId || seesAll(caller)).map(shown) };
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
        const issued = await issueGrant(exchange, body, byOperator(exchange, request));
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
    who: ['application'],
    summary: 'One grant',
    params: ONE,
    replies: { 200: json('The grant.', one) },
    problems: [400, 403, 404],
    handler({ exchange }, { caller, params: { id } }) {
      const found = exchange.policy.current().grants.get(id);
      if (found === undefined) throw new Problem('not-found');
      if (found.application !== caller.clientId && !seesAll(caller)) throw new Problem('not-found');
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
      const revoked = await revokeGrant(exchange, id, byOperator(exchange, request));
      withReceipt(reply, revoked.receipt);
      return { data: shown(revoked.grant) };
    },
  }),
];

/** Without the name from which the linkage key is derived: nobody outside needs it. */
function shown({ linkage: _, ...grant }: Grant): Omit<Grant, 'linkage'> {
  return grant;
}
