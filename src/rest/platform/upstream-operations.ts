import Type, { type TProperties } from 'typebox';
import type { Caller, Callers } from '../../access/people/caller.js';
import { approveUpstream, withdrawUpstream } from '../../access/upstreams/change-upstream.js';
import { type Upstream, type UpstreamDraft, upstreamId } from '../../access/upstreams/upstream.js';
import type { Exchange } from '../../exchange/exchange.js';
import { checkSource, discoverColumns, discoverTables } from '../../exchange/sources/look-at-source.js';
import { TABLES_AT_MOST } from '../../ingest/readers/database/connection.js';
import { Problem } from '../../platform/errors.js';
import { bodySchema } from '../http/body-schema.js';
import { callOfRequest, withReceipt } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import { choice, closed, count, list, orNull, slug, text } from '../shapes.js';
import { byCaller, REGISTRARS, seesAll } from './platform-call.js';

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

const LOOKING = {
  tag: 'access',
  who: REGISTRARS,
  description: 'For the department of the upstream, and for operators. Recorded before the call.',
  params: named,
  problems: [400, 403, 404, 422, 502],
} as const;

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
  operation({
    ...LOOKING,
    method: 'POST',
    path: `${ONE}/check`,
    id: 'checkUpstream',
    summary: 'Check an upstream: the exchange connects, and logs in to a database',
    replies: { 200: json('It answers.', closed({ data: closed({ tables: orNull(count()) }) })) },
    async handler({ exchange }, { request, caller, params: { publisher, name } }) {
      const upstream = upstreamOf(exchange, caller, upstreamId(publisher, name));
      return { data: await checkSource(exchange, { call: callOfRequest(request), upstream }) };
    },
  }),
  operation({
    ...LOOKING,
    method: 'GET',
    path: `${ONE}/tables`,
    id: 'discoverTables',
    summary: 'Tables and views of an upstream that its user may read',
    replies: {
      200: json(
        'A thousand at most.',
        closed({ data: list(closed({ table: text(260), kind: choice(['table', 'view']) }), TABLES_AT_MOST) }),
      ),
    },
    async handler({ exchange }, { request, caller, params: { publisher, name } }) {
      const upstream = upstreamOf(exchange, caller, upstreamId(publisher, name));
      return { data: await discoverTables(exchange, { call: callOfRequest(request), upstream }) };
    },
  }),
  operation({
    ...LOOKING,
    method: 'GET',
    path: `${ONE}/tables/{table}`,
    params: closed({ publisher: slug, name: slug, table: text(260) }),
    id: 'discoverColumns',
    summary: 'Columns of a table of an upstream, with their types there',
    replies: {
      200: json('In their order.', closed({ data: list(closed({ name: text(130), type: text(200) }), 2_000) })),
    },
    async handler({ exchange }, { request, caller, params: { publisher, name, table } }) {
      const upstream = upstreamOf(exchange, caller, upstreamId(publisher, name));
      return { data: await discoverColumns(exchange, { call: callOfRequest(request), upstream }, table) };
    },
  }),
];

/** An upstream that the caller may look into, by `publisher/name`. @throws Problem not-found */
export function upstreamOf(exchange: Exchange, caller: Caller, id: string): Upstream {
  const found = exchange.policy.current().upstreams.get(id);
  if (found === undefined || !isOwn(caller, found.publisher)) throw new Problem('not-found', 'No such upstream');
  return found;
}

/** What a system of a department holds is for the department itself, and for operators while they register datasets for others. */
export function isOwn({ department, roles }: Caller, publisher: string): boolean {
  return department === publisher || roles.includes('operator');
}

function maySee(caller: Caller, { publisher }: Upstream): boolean {
  return caller.department === publisher || seesAll(caller);
}
