import type { Contract } from '../../catalog/contract.js';
import { isPulled } from '../../catalog/source-terms.js';
import { bodySchema } from '../data/body-schema.js';
import { contractId, slug } from './dataset/dataset-page-schemas.js';
import { pathOf } from './names.js';
import type { Operation, Reply } from './operation.js';
import { choice, instant, integer, list, object, orNull, refTo, type Schema, text, uuid } from './schema.js';

const JSON_TYPE = 'application/json';

function json(description: string, schema: Schema, headers: readonly string[] = []): Reply {
  return { description, content: { [JSON_TYPE]: schema }, headers };
}

const draft = bodySchema('upstream') as { properties: Record<string, Schema>; required: string[] };

export const sourceSchemas: Readonly<Record<string, Schema>> = {
  UpstreamDraft: draft,
  Upstream: object({ publisher: slug, name: slug, status: choice(['approved', 'withdrawn']), ...draft.properties }, [
    ...['publisher', 'name', 'status', 'private', 'secret'],
    ...draft.required,
  ]),
  SourceRun: object({
    id: uuid,
    contract: contractId,
    cause: choice(['schedule', 'request']),
    state: choice(['queued', 'running', 'published', 'rejected', 'failed'], {
      description: '`queued` with a reason: it failed, and is tried again.',
    }),
    attempt: integer(0),
    delivery: orNull(uuid),
    code: orNull(text(100)),
    reason: orNull(text(2_000)),
    report: orNull({
      type: 'object',
      maxProperties: 100,
      additionalProperties: true,
      description:
        '`reconciliation`: rows counted by the source, received, taken, published, digests of keys, `ok`; `kept`: rows of a failed run.',
    }),
    queuedAt: instant,
    startedAt: orNull(instant),
    endedAt: orNull(instant),
    rejects: orNull(text(500)),
  }),
};

type Part = Omit<Operation, 'tag' | 'caller'>;

/** Runs of a dataset that is pulled; none of one that is delivered or asked live. */
export function runOperations(contract: Contract, name: string, title: string): Part[] {
  if (!isPulled(contract.delivery.source)) return [];
  const path = `${pathOf(contract)}/runs`;
  const run = (description: string, headers: readonly string[] = []) =>
    json(description, object({ data: refTo('SourceRun') }), headers);
  return [
    {
      method: 'POST',
      path,
      id: `run${name}`,
      summary: `${title}: pull its source now 取数`,
      description:
        "Only the publisher's own applications, under a grant of mode deliver. `Prefer: wait=N` waits up to 25 seconds for its end.",
      headers: ['IdempotencyKey', 'Prefer'],
      replies: {
        200: run('It has ended in time.', ['Location', 'Preference-Applied']),
        202: run('It is queued.', ['Location']),
      },
      problems: [400, 403, 404, 409, 415, 422],
    },
    {
      method: 'GET',
      path,
      id: `list${name}Runs`,
      summary: `${title}: runs of its source, the newest first`,
      replies: { 200: json('The last hundred.', object({ data: list(refTo('SourceRun'), 100) })) },
      problems: [400, 403, 404],
    },
    {
      method: 'GET',
      path: `${path}/{id}`,
      id: `get${name}Run`,
      summary: `${title}: one run`,
      pathParameters: { id: uuid },
      replies: { 200: run('The run.') },
      problems: [400, 403, 404],
    },
  ];
}

const named = { publisher: slug, name: slug };
const common = { caller: 'application' as const, tag: 'access' };
const upstream = (description: string, headers: readonly string[] = []) =>
  json(description, object({ data: refTo('Upstream') }), headers);

export const upstreamOperations: readonly Operation[] = [
  {
    ...common,
    method: 'GET',
    path: '/api/v1/upstreams',
    id: 'listUpstreams',
    summary: "The own department's upstreams; all of them for operators and auditors 上游系统",
    replies: { 200: json('Upstreams.', object({ data: list(refTo('Upstream'), 100_000) })) },
    problems: [400, 403],
  },
  {
    ...common,
    method: 'GET',
    path: '/api/v1/upstreams/{publisher}/{name}',
    id: 'getUpstream',
    summary: 'One upstream',
    pathParameters: named,
    replies: { 200: upstream('The upstream.') },
    problems: [400, 403, 404],
  },
  {
    ...common,
    method: 'PUT',
    path: '/api/v1/upstreams/{publisher}/{name}',
    id: 'approveUpstream',
    summary: 'Approve a system of a publisher for calls by the exchange',
    description: 'For operators. Its secret is entered apart: `exchange upstream secret`.',
    pathParameters: named,
    body: { [JSON_TYPE]: refTo('UpstreamDraft') },
    replies: { 200: upstream('The upstream.', ['Exchange-Receipt']) },
    problems: [400, 403, 404, 413, 415, 422],
  },
  {
    ...common,
    method: 'DELETE',
    path: '/api/v1/upstreams/{publisher}/{name}',
    id: 'withdrawUpstream',
    summary: 'Withdraw it: nothing is called there any more',
    description: 'For operators. A run that is under way ends before it publishes.',
    pathParameters: named,
    replies: { 200: upstream('The upstream.', ['Exchange-Receipt']) },
    problems: [400, 403, 404, 409],
  },
];
