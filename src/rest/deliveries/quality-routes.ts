import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Exchange } from '../../exchange/exchange.js';
import { qualityHistory, qualityOf } from '../../exchange/quality/quality-view.js';
import { type Reader, readQuality, type Told } from '../../exchange/quality/read-quality.js';
import { Problem } from '../../platform/errors.js';
import { nearMiss } from '../../platform/near-miss.js';
import { pairsOf } from '../data/parse-url.js';
import { callOfRequest, queryStringOf, withReceipt } from '../http/request.js';

interface Params {
  publisher: string;
  dataset: string;
  major: string;
}
type QualityRequest = FastifyRequest<{ Params: Params }>;

const BASE = '/data/:publisher/:dataset/v:major/quality';
const RELEASE_AT_MOST = 2_147_483_647;
export const HISTORY = { most: 100, default: 20 };

/** How good a dataset is: all of it for who delivers it, shares for any other holder of a grant. */
export async function qualityRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  app.get<{ Params: Params }>(BASE, (request, reply) =>
    respond(exchange, { request, reply }, (reader) => qualityOf(exchange, reader, numbersOf(request, RELEASE).release)),
  );
  app.get<{ Params: Params }>(`${BASE}/history`, (request, reply) =>
    respond(exchange, { request, reply }, (reader) => {
      const { before, limit = HISTORY.default } = numbersOf(request, PAGE);
      return qualityHistory(exchange, reader, { before, limit });
    }),
  );
}

async function respond(
  exchange: Exchange,
  { request, reply }: { request: QualityRequest; reply: FastifyReply },
  read: (reader: Reader) => Promise<Told | undefined>,
): Promise<FastifyReply> {
  const { publisher, dataset, major } = request.params;
  const contractId = `${publisher}/${dataset}/v${major}`;
  const answered = await readQuality(exchange, { call: callOfRequest(request), contractId }, async (reader) =>
    read(reader),
  );
  withReceipt(reply, answered.receipt);
  if (answered.outcome === 'deny') {
    throw new Problem(answered.denial.code, undefined, { faults: answered.denial.faults });
  }
  return reply.type('application/json; charset=utf-8').send(answered.text);
}

const RELEASE = { release: RELEASE_AT_MOST };
const PAGE = { before: RELEASE_AT_MOST, limit: HISTORY.most };

/** Whole numbers from 1 to the most that each parameter may be. Throws Problem unknown-parameter, repeated-parameter, bad-value. */
function numbersOf<K extends string>(request: QualityRequest, known: Record<K, number>): Partial<Record<K, number>> {
  const names = Object.keys(known) as K[];
  const found: Partial<Record<K, number>> = {};
  for (const { name, value } of pairsOf(queryStringOf(request))) {
    const parameter = names.find((each) => each === name);
    if (parameter === undefined) throw unknown(name, names);
    if (found[parameter] !== undefined) {
      throw new Problem('repeated-parameter', undefined, { faults: [{ parameter, reason: 'stands twice' }] });
    }
    const most = known[parameter];
    if (!/^[1-9][0-9]{0,9}$/.test(value) || Number(value) > most) {
      const faults = [{ parameter, reason: 'not a whole number of the range', expected: `1 to ${most}` }];
      throw new Problem('bad-value', undefined, { faults });
    }
    found[parameter] = Number(value);
  }
  return found;
}

function unknown(name: string, known: readonly string[]): Problem {
  const suggestion = nearMiss(name, known);
  const fault = { parameter: name.slice(0, 100), reason: 'unknown parameter', expected: known.join(' or ') };
  return new Problem('unknown-parameter', undefined, {
    faults: [{ ...fault, ...(suggestion === undefined ? {} : { suggestion }) }],
  });
}
