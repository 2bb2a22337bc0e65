import type { FastifyReply, FastifyRequest } from 'fastify';
import { proxyOf } from '../../catalog/source-terms.js';
import { answer, type Present } from '../../exchange/answer.js';
import { refuseUnknown } from '../../exchange/answering/refuse-unknown.js';
import type { Exchange } from '../../exchange/exchange.js';
import { negotiate } from '../../platform/accept.js';
import { Problem } from '../../platform/errors.js';
import type { Ask } from '../../query/ask.js';
import { askedLive } from '../../query/live-keys.js';
import { isPersonal } from '../../standard/mask.js';
import { PROBLEM_TYPE } from '../http/problem.js';
import { pairsOf, queryStringOf } from '../http/query-string.js';
import { callOfRequest, withReceipt } from '../http/request.js';
import { type Called, contractIdOf, type DatasetParams } from '../operation.js';
import type { UrlContext } from './parse-url.js';
import { type Presenting, presentDenial, send } from './present.js';

/** Rows are JSON only, and so are refusals of rows. */
const REPRESENTATIONS = ['application/json', 'application/problem+json'] as const;

/**
 * Undefined for a caller without any grant: below `/rows` it gets the same 404 for every dataset, known or not,
 * whatever else is wrong.
 */
export type Asked = Ask | undefined;

export function enter(
  exchange: Exchange,
  { request, params, query }: Called<DatasetParams>,
  parse: (context: UrlContext) => Ask,
): Asked {
  const index = exchange.policy.current();
  const { sub } = request.subject;
  const contract = index.catalog.contracts.get(contractIdOf(params));
  if (contract === undefined) return undefined;
  const held = index.holdsAny(sub, contract.id) || index.holdsSuspended(sub, contract.id, exchange.clock.now());
  if (!held) return undefined;
  query();
  return parse({ contract, catalog: index.catalog, sensitiveInUrl: exchange.config.sensitiveInUrl });
}

/** A dataset that is asked live has no pages, with any filter or sort. @throws Problem asked-live */
export function paged(context: UrlContext): UrlContext {
  if (proxyOf(context.contract) !== undefined) throw askedLive();
  return context;
}

/** Clients and servers accept URLs of this length (RFC 9110, 4.1). A cursor of a long sort value goes in a body. */
const LINK_AT_MOST = 8_000;

export async function respond(
  exchange: Exchange,
  answering: {
    request: FastifyRequest;
    reply: FastifyReply;
    asked: Asked;
    present: (presenting: Presenting) => Present;
  },
): Promise<FastifyReply> {
  const { request, reply, asked } = answering;
  negotiate(request.headers.accept, REPRESENTATIONS);
  const presenting = { request: request.id, publicUrl: exchange.config.publicUrl };
  const call = callOfRequest(request);
  if (asked === undefined) {
    const refused = await refuseUnknown(exchange, call, request.routeOptions.url ?? '', (denial) =>
      presentDenial(presenting, denial),
    );
    return withReceipt(reply, refused.receipt).code(refused.status).type(PROBLEM_TYPE).send(refused.body);
  }
  // HEAD has the header fields of its GET (RFC 9110, 9.3.2).
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const given = await answer(exchange, call, [asked], {
    event: 'data.read',
    present: answering.present(presenting),
    ifNoneMatch: isRead ? request.headers['if-none-match'] : undefined,
  }).catch((error: unknown) => Promise.reject(isRead ? error : inBody(error)));
  const [outcome] = given.outcomes;
  if (isRead && asked.target.kind === 'page' && outcome?.outcome === 'rows' && outcome.rows.hasMore) {
    const next = nextLink(request, given.body);
    if (next.length <= LINK_AT_MOST) reply.header('link', `<${next}>; rel="next"`);
  }
  return send(reply, given, asked.contract);
}

/** RFC 8288: the same URL with the cursor of the next page, which is at the end of the body. */
function nextLink(request: FastifyRequest, body: Buffer | string): string {
  const tail = String(body.slice(body.lastIndexOf('"page":')));
  const cursor = /"next_cursor":"([A-Za-z0-9_-]+)"/.exec(tail)![1];
  const kept = queryStringOf(request)
    .split('&')
    .filter((pair) => pair !== '' && pairsOf(pair)[0]?.name !== '_cursor');
  const path = (request.raw.url ?? '').split('?')[0];
  return `${path}?${[...kept, `_cursor=${cursor}`].join('&')}`;
}

/** An error about a cursor in a body names its place there. */
function inBody(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'bad-cursor') return error;
  const faults = error.faults.map(({ parameter: _, ...fault }) => ({ pointer: '/cursor', ...fault }));
  return new Problem(error.code, error.message, { faults, cause: error });
}

/** A personal key must not be in a path; `_id` may. */
export function checkId(id: string, { contract, sensitiveInUrl }: UrlContext): string {
  if (id === '') throw new Problem('not-found');
  const personal = contract.key.some((name) => isPersonal(contract.fields.get(name)?.sensitivity ?? 'L4'));
  if (!personal || sensitiveInUrl === 'allow' || /^[A-Za-z0-9_-]{22}$/.test(id)) return id;
  throw new Problem(
    'use-body',
    'The key of this dataset is personal: use _id here, or POST …/rows/lookup with the key.',
    {
      faults: [{ parameter: 'id', reason: 'personal value in a URL', expected: 'an _id of 22 characters' }],
    },
  );
}
