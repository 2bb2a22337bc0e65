import type { FastifyRequest } from 'fastify';
import { datasetPath } from '../../catalog/contract-id.js';
import { isPulled } from '../../catalog/source-terms.js';
import type { Exchange } from '../../exchange/exchange.js';
import { requirePulled } from '../../exchange/sources/run-source.js';
import { listRuns, queueRun, readRun, type SourceRun } from '../../exchange/sources/source-runs.js';
import { Problem } from '../../platform/errors.js';
import { idempotent, type StoredReply, sendKept } from '../http/idempotency.js';
import { DATASET, datasetOperation, json, whereContract } from '../operation.js';
import { choice, closed, contractId, instant, integer, list, open, orNull, text, uuid } from '../shapes.js';
import { deliveriesOf } from './hand-over.js';

const BASE = `${DATASET}/runs`;
const JSON_TYPE = 'application/json; charset=utf-8';
const LOOK_MS = 100;
/** Shorter than a handler's time limit. */
const WAIT_AT_MOST_S = 25;

const run = closed(
  {
    id: uuid,
    contract: contractId,
    cause: choice(['schedule', 'request']),
    state: choice(['queued', 'running', 'published', 'rejected', 'failed'], {
      description: '`queued` with a reason: it failed, and another attempt follows.',
    }),
    attempt: integer(0),
    delivery: orNull(uuid),
    code: orNull(text(100)),
    reason: orNull(text(2_000)),
    report: orNull(
      open(
        {
          description:
            '`reconciliation`: rows counted by the source, received, taken, published, digests of keys, `ok`; `kept`: rows of a failed run.',
        },
        100,
      ),
    ),
    queuedAt: instant,
    startedAt: orNull(instant),
    endedAt: orNull(instant),
    rejects: orNull(text(500)),
  },
  { $id: 'SourceRun' },
);
const one = closed({ data: run });

/**
 * Runs of a pulled source: requests one, shows its state. For the publisher's own applications with a grant of mode
 * deliver.
 */
export const runOperations = whereContract(
  ({ delivery }) => isPulled(delivery.source),
  [
    datasetOperation({
      method: 'POST',
      path: BASE,
      who: ['deliverer'],
      of: ({ name, title }) => ({
        id: `run${name}`,
        summary: `${title}: pull its source now 取数`,
        description:
          "Only the publisher's own applications, under a grant of mode deliver. `Prefer: wait=N` waits up to 25 seconds for its end.",
        headers: ['IdempotencyKey', 'Prefer'],
        replies: {
          200: json('It has ended in time.', one, ['Location', 'Preference-Applied']),
          202: json('It is queued.', one, ['Location']),
        },
        problems: [400, 403, 404, 409, 415, 422],
      }),
      async handler({ exchange }, { request, reply, caller: { contractId } }) {
        requirePulled(exchange, contractId);
        const waitS = waitOf(request);
        const asked = await idempotent(exchange, request, undefined, () => ask(exchange, contractId));
        const ended = waitS === 0 ? undefined : await waitFor(exchange, { contractId, reply: asked, waitS });
        if (ended === undefined) return sendKept(reply, asked);
        reply.header('preference-applied', `wait=${waitS}`).header('location', asked.headers.location);
        return { data: shown(ended) };
      },
    }),
    datasetOperation({
      method: 'GET',
      path: BASE,
      who: ['deliverer'],
      of: ({ name, title }) => ({
        id: `list${name}Runs`,
        summary: `${title}: runs of its source, newest first`,
        replies: { 200: json('The last hundred.', closed({ data: list(run, 100) })) },
        problems: [400, 403, 404],
      }),
      handler: async ({ exchange }, { caller }) => ({ data: (await listRuns(exchange, caller.contractId)).map(shown) }),
    }),
    datasetOperation({
      method: 'GET',
      path: `${BASE}/{id}`,
      who: ['deliverer'],
      params: closed({ id: uuid }),
      malformed: 'not-found',
      of: ({ name, title }) => ({
        id: `get${name}Run`,
        summary: `${title}: one run`,
        replies: { 200: json('The run.', one) },
        problems: [400, 403, 404],
      }),
      async handler({ exchange }, { caller, params }) {
        const found = await readRun(exchange, caller.contractId, params.id);
        if (found === undefined) throw new Problem('not-found');
        return { data: shown(found) };
      },
    }),
  ],
);

async function ask(exchange: Exchange, contractId: string): Promise<StoredReply> {
  const id = await queueRun(exchange, { contractId, cause: 'request' });
  const queued = id === undefined ? undefined : await readRun(exchange, contractId, id);
  if (queued === undefined) throw new Error('The run was not queued.');
  return {
    status: 202,
    headers: { 'content-type': JSON_TYPE, location: `${datasetPath(contractId)}/runs/${queued.id}` },
    body: JSON.stringify({ data: shown(queued) }),
  };
}

/** The run when it has ended, or undefined when the time is over. */
async function waitFor(
  exchange: Exchange,
  { contractId, reply, waitS }: { contractId: string; reply: StoredReply; waitS: number },
): Promise<SourceRun | undefined> {
  const { id } = (JSON.parse(reply.body) as { data: SourceRun }).data;
  const until = exchange.clock.now() + waitS * 1_000;
  for (;;) {
    const found = await readRun(exchange, contractId, id);
    if (found?.endedAt) return found;
    if (exchange.clock.now() >= until) return undefined;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Adds the path of the rejects, which include the kept rows of a failed run. */
function shown(found: SourceRun): object {
  const { contract, delivery } = found;
  return { ...found, rejects: delivery === null ? null : `${deliveriesOf(contract)}/${delivery}/rejects` };
}

/** `Prefer: wait=N` (RFC 7240), seconds. */
function waitOf({ headers }: FastifyRequest): number {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,4})"?\s*(?:[,;]|$)/i.exec([headers.prefer ?? []].flat().join(','));
  return Math.min(Number(found?.[1] ?? 0), WAIT_AT_MOST_S);
}
