import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Exchange } from '../../exchange/exchange.js';
import { qualityOf, qualityHistory as readHistory } from '../../exchange/quality/quality-view.js';
import { type QualityReader, readQuality, type Told } from '../../exchange/quality/read-quality.js';
import { Problem } from '../../platform/errors.js';
import { callOfRequest, withReceipt } from '../http/request.js';
import { CALL } from '../openapi/headers.js';
import {
  contractIdOf,
  DATASET,
  type DatasetParams,
  datasetOperation,
  isKept,
  json,
  whereContract,
} from '../operation.js';
import { closed, integer } from '../shapes.js';
import { qualityHistory, qualityReport } from './quality-shapes.js';

const HISTORY = { most: 100, default: 20 };
const common = { headers: CALL, problems: [400, 403, 404] };

/** The quality of a dataset: everything for its deliverer, shares for other holders of a grant. */
export const qualityOperations = whereContract(isKept, [
  datasetOperation({
    method: 'GET',
    path: `${DATASET}/quality`,
    who: ['reader'],
    query: closed({
      release: Type.Optional(integer(1, undefined, { description: 'The release of the report. Default: the newest.' })),
    }),
    of: ({ name, title }) => ({
      ...common,
      id: `get${name}Quality`,
      summary: `${title}: the quality report`,
      description:
        'Six dimensions of GB/T 36344, 贴标率 and named rules. The deliverer gets counts, lines and findings; any other grant gives whole percentages.',
      replies: { 200: json('The report.', qualityReport, ['Exchange-Receipt']) },
    }),
    handler: ({ exchange }, { request, reply, params, query }) =>
      respond(exchange, { request, reply, params }, (reader) => qualityOf(exchange, reader, query().release)),
  }),
  datasetOperation({
    method: 'GET',
    path: `${DATASET}/quality/history`,
    who: ['reader'],
    query: closed({
      before: Type.Optional(
        integer(1, undefined, { description: 'Only releases before this one: `page.before` of the previous page.' }),
      ),
      limit: Type.Optional(integer(1, HISTORY.most, { default: HISTORY.default })),
    }),
    of: ({ name, title }) => ({
      ...common,
      id: `list${name}Quality`,
      summary: `${title}: scores by release, newest first`,
      replies: { 200: json('A page of scores.', qualityHistory, ['Exchange-Receipt']) },
    }),
    handler: ({ exchange }, { request, reply, params, query }) =>
      respond(exchange, { request, reply, params }, (reader) => {
        const { before, limit = HISTORY.default } = query();
        return readHistory(exchange, reader, { before, limit });
      }),
  }),
]);

interface QualityCall {
  request: FastifyRequest;
  reply: FastifyReply;
  params: DatasetParams;
}

async function respond(
  exchange: Exchange,
  { request, reply, params }: QualityCall,
  read: (reader: QualityReader) => Promise<Told | undefined>,
): Promise<FastifyReply> {
  const asked = { call: callOfRequest(request), contractId: contractIdOf(params) };
  const answered = await readQuality(exchange, asked, async (reader) => read(reader));
  withReceipt(reply, answered.receipt);
  if (answered.outcome === 'deny') {
    throw new Problem(answered.denial.code, undefined, { faults: answered.denial.faults });
  }
  return reply.type('application/json; charset=utf-8').send(answered.text);
}
