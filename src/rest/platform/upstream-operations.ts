import Type, { type TProperties } from 'typebox';
import type { Caller, Callers } from '../../access/people/caller.js';
import { approveUpstream, withdrawUpstream } from '../../access/upstreams/change-upstream.js';
import { type Upstream, type UpstreamDraft, upstreamId } from '../../access/upstreams/upstream.js';
import { Problem } from '../../platform/errors.js';
import { bodySchema } from '../http/body-schema.js';
import { withReceipt } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import { choice, closed, list, slug } from '../shapes.js';
import { byCaller, seesAll } from './platform-call.js';

const PATH = '/api/v1/upstreams';
const ONE = `${PATH}/{publisher}/{name}`;
const READERS: Callers = [
  'application',
  'department-operator',
  'department-manager',
  'authority-reviewer',
  'platform-operator',
  'system-administrator',
  'security-auditor',
];
const named = closed({ publisher: slug, name: slug });

const { properties, required, ...drafted } = bodySchema('upstream') as { properties: TProperties; required: string[] };
const draft = Type.Unsafe<Omit<UpstreamDraft, 'private' | 'secret'> & Partial<UpstreamDraft>>({
  ...drafted,
  properties,
  required,
  $id: 'UpstreamDraft',
});
const upstream = Type.Unsafe<Upstream>({
  type: 'object',
  properties: { publisher: slug, name: slug, status: choice(['approved', 'withdrawn', 'suspended']), ...properties },
  required: ['publisher', 'name', 'status', 'private', 'secret', ...required],
  additionalProperties: false,
  $id: 'Upstream',
});
const one = (headers: readonly string[] = []) => ({ 200: json('The upstream.', closed({ data: upstream }), headers) });

/**
 * Operators and reviewers of the authority approve and withdraw upstreams. A department sees its own. Secrets never
 * appear.
 */
export const upstreamOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'listUpstreams',
    tag: 'access',
    who: READERS,
    summary: "Upstreams of the caller's department; all for operators, reviewers, administrators and auditors 上游系统",
    replies: { 200: json('Upstreams.', closed({ data: list(upstream, 100_000) })) },
    problems: [400, 403],
    handler({ exchange }, { caller }) {
      return { data: [...exchange.policy.current().upstreams.values()].filter((each) => maySee(caller, each)) };
    },
  }),
  operation({
    method: 'GET',
    path: ONE,
    id: 'getUpstream',
    tag: 'access',
    who: READERS,
    summary: 'One upstream',
    params: named,
    replies: one(),
    problems: [400, 403, 404],
    handler({ exchange }, { caller, params: { publisher, name } }) {
      const found = exchange.policy.current().upstreams.get(upstreamId(publisher, name));
      if (found === undefined || !maySee(caller, found)) throw new Problem('not-found');
      return { data: found };
    },
  }),
  operation({
    method: 'PUT',
    path: ONE,
    id: 'approveUpstream',
    tag: 'access',
    who: ['operator', 'authority-reviewer'],
    summary: 'Approve a system of a publisher for calls by the exchange',
    description: 'For operators and reviewers of the authority. Enter its secret with `exchange upstream secret`.',
    params: named,
    body: draft,
    replies: one(['Exchange-Receipt']),
    problems: [400, 403, 404, 413, 415, 422],
    async handler({ exchange }, { request, reply, params, body }) {
      const wanted = { ...params, draft: { private: false, secret: true, ...body } };
      const approved = await approveUpstream(exchange, wanted, byCaller(exchange, request));
      withReceipt(reply, approved.receipt);
      return { data: approved.upstream };
    },
  }),
  operation({
    method: 'DELETE',
    path: ONE,
    id: 'withdrawUpstream',
    tag: 'access',
    who: ['operator', 'authority-reviewer'],
    summary: 'Withdraw an upstream: the exchange stops calling it',
    description: 'For operators and reviewers of the authority. A run in progress ends without publishing.',
    params: named,
    replies: one(['Exchange-Receipt']),
    problems: [400, 403, 404, 409],
    async handler({ exchange }, { request, reply, params }) {
      const withdrawn = await withdrawUpstream(exchange, params, byCaller(exchange, request));
      withReceipt(reply, withdrawn.receipt);
      return { data: withdrawn.upstream };
    },
  }),
];

function maySee(caller: Caller, { publisher }: Upstream): boolean {
  return caller.department === publisher || seesAll(caller);
}
