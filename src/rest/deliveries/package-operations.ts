import Type from 'typebox';
import { packageRecipient, receivePackage } from '../../exchange/packages/receive-package.js';
import { streamOf } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import { bytes, choice, closed, integer, list, pattern, text } from '../shapes.js';
import { parseType } from './delivery-request.js';
import { patient, UPLOAD_MS } from './hand-over.js';

const PATH = '/api/v1/packages';
const sequence = integer(1, Number.MAX_SAFE_INTEGER);
const outcome = {
  contract: text(200),
  sender: text(100),
  number: sequence,
  state: choice(['delivered', 'waiting', 'repeated']),
  missing: Type.Optional(list(sequence, 100)),
  acknowledgement: Type.Optional(
    text(10_000, { description: 'C2SP signed note by the key of the log, to carry back to the sender.' }),
  ),
};
const received = closed({
  data: closed({ ...outcome, followedBy: Type.Optional(list(closed(outcome), 100)) }),
});

/**
 * Packages that crossed a network boundary (网闸, 前置机). The operator who carries them can neither read nor change them.
 */
export const packageOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: `${PATH}/key`,
    id: 'getPackageKey',
    tag: 'access',
    who: 'anyone',
    summary: 'The public key for which senders seal packages',
    replies: { 200: { description: 'age recipient.', content: { 'text/plain': pattern('^age1[a-z0-9]+\\n$', 300) } } },
    problems: [400],
    handler: async ({ exchange }, { reply }) =>
      reply.type('text/plain; charset=utf-8').send(`${await packageRecipient(exchange)}\n`),
  }),
  operation({
    method: 'POST',
    path: PATH,
    id: 'bringPackage',
    tag: 'access',
    who: ['operator'],
    summary: 'Deliver a package that crossed the boundary',
    description:
      'For operators, who can neither read nor change it. It is delivered as its sender when its number is next.',
    streams: { 'application/vnd.civic-exchange.package': bytes(1_073_741_824) },
    timeoutMs: UPLOAD_MS,
    replies: {
      200: json('Delivered, or repeated with its earlier outcome.', received),
      202: json('Stored: an earlier number has not arrived.', received),
    },
    problems: [400, 403, 404, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, caller }) {
      patient(request);
      const brought = { carrier: caller.id, body: streamOf(request), parseType };
      const data = await receivePackage(exchange, brought);
      reply.code(data.state === 'waiting' ? 202 : 200);
      return { data };
    },
  }),
];
