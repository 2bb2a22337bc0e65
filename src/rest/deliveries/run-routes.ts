import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Exchange } from '../../exchange/exchange.js';
import { requirePulled } from '../../exchange/sources/run-source.js';
import { listRuns, queueRun, readRun, type SourceRun } from '../../exchange/sources/source-runs.js';
import { Problem } from '../../platform/errors.js';
import { authoriseRequest } from '../data/authorise-request.js';
import { idempotent, type Reply } from '../http/idempotency.js';
import { noParameters } from './delivery-request.js';
import type { DeliveryRequest } from './route-dataset.js';

const BASE = '/data/:publisher/:dataset/v:major/runs';
const JSON_TYPE = 'application/json; charset=utf-8';
const LOOK_MS = 100;
/** Below what a handler may take. */
const WAIT_AT_MOST_S = 25;

/** Runs of a pulled source: ask for one, see what became of it. For the publisher's own applications, under a grant of mode deliver. */
export async function runRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  app.post<{ Params: DeliveryRequest['params'] }>(BASE, async (request, reply) => {
    const { contractId } = await authoriseRequest(exchange, request, reply);
    noParameters(request);
    requirePulled(exchange, contractId);
    const waitS = waitOf(request);
    const asked = await idempotent(exchange, request, undefined, () => ask(exchange, request, contractId));
    const ended = waitS === 0 ? undefined : await waitFor(exchange, { contractId, reply: asked, waitS });
    if (ended !== undefined) {
      reply.header('preference-applied', `wait=${waitS}`);
      return reply.code(200).header('location', asked.headers.location).send(ended);
    }
    return reply.code(asked.status).headers(asked.headers).send(asked.body);
  });
  app.get<{ Params: DeliveryRequest['params'] }>(BASE, async (request, reply) => {
    const { contractId } = await authoriseRequest(exchange, request, reply);
    noParameters(request);
    const data = (await listRuns(exchange, contractId)).map((run) => shown(request, run));
    return reply.send({ data });
  });
  app.get<{ Params: DeliveryRequest['params'] }>(`${BASE}/:id`, async (request, reply) => {
    const { contractId } = await authoriseRequest(exchange, request, reply);
    noParameters(request);
    const run = await findRun(exchange, contractId, request.params.id);
    if (run === undefined) throw new Problem('not-found');
    return reply.send({ data: shown(request, run) });
  });
}

async function ask(exchange: Exchange, request: DeliveryRequest, contractId: string): Promise<Reply> {
  const id = (await queueRun(exchange, { contractId, cause: 'request' }))!;
  const run = (await readRun(exchange, contractId, id))!;
  return {
    status: 202,
    headers: { 'content-type': JSON_TYPE, location: `${pathOf(request)}/runs/${id}` },
    body: JSON.stringify({ data: shown(request, run) }),
  };
}

/** The run once it has ended, or undefined when the time is over. */
async function waitFor(
  exchange: Exchange,
  { contractId, reply, waitS }: { contractId: string; reply: Reply; waitS: number },
): Promise<{ data: object } | undefined> {
  const { id } = (JSON.parse(reply.body) as { data: SourceRun }).data;
  const until = exchange.clock.now() + waitS * 1_000;
  for (;;) {
    const run = await readRun(exchange, contractId, id);
    if (run?.endedAt) return { data: { ...run, rejects: rejectsPath(`/data/${contractId}`, run) } };
    if (exchange.clock.now() >= until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function findRun(exchange: Exchange, contractId: string, id: string): Promise<SourceRun | undefined> {
  return UUID.test(id) ? readRun(exchange, contractId, id) : undefined;
}

/** With the path of the rows that were set aside, kept ones of a failed run included. */
function shown(request: DeliveryRequest, run: SourceRun): object {
  return { ...run, rejects: rejectsPath(pathOf(request), run) };
}

function rejectsPath(dataset: string, { delivery }: SourceRun): string | null {
  return delivery === null ? null : `${dataset}/deliveries/${delivery}/rejects`;
}

function pathOf({ params }: DeliveryRequest): string {
  return `/data/${params.publisher}/${params.dataset}/v${params.major}`;
}

/** `Prefer: wait=N` (RFC 7240), seconds. */
function waitOf({ headers }: FastifyRequest): number {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,4})"?\s*(?:[,;]|$)/i.exec([headers.prefer ?? []].flat().join(','));
  return Math.min(Number(found?.[1] ?? 0), WAIT_AT_MOST_S);
}
