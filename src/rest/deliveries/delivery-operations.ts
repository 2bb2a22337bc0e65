import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { Contract } from '../../catalog/contract.js';
import { cancelDelivery } from '../../exchange/delivering/cancel-delivery.js';
import { type DeliveryView, listDeliveries, readDelivery, readRejects } from '../../exchange/delivering/deliveries.js';
import { readRejectsWorkbook } from '../../exchange/delivering/rejects-workbook.js';
import type { Exchange } from '../../exchange/exchange.js';
import { FILE_TYPES } from '../../ingest/readers/open.js';
import { fileIntake } from '../../ingest/receive/file-intake.js';
import { type Body, receive } from '../../ingest/receive/receive.js';
import { negotiate } from '../../platform/accept.js';
import { Problem } from '../../platform/errors.js';
import type { Permitted } from '../http/authorise-request.js';
import { type BodyDigest, idempotencyKey, idempotent, type StoredReply, sendKept } from '../http/idempotency.js';
import { callOfRequest, streamOf, withReceipt } from '../http/request.js';
import { CALL } from '../openapi/headers.js';
import { DATASET, datasetOperation, isKept, json, whereContract } from '../operation.js';
import { bytes, choice, closed, list, text, uuid } from '../shapes.js';
import { beginUploadOf, isBeginning } from './begin-upload.js';
import { parseManifest, parseType, type Terms, termsOf } from './delivery-request.js';
import { accepted, delivery, mode } from './delivery-shapes.js';
import { type HandingOver, handOver, rejectsOf, UPLOAD_MS } from './hand-over.js';
import { WORKBOOK_TYPE } from './template-operations.js';

const BASE = `${DATASET}/deliveries`;
const ONE = { path: `${BASE}/{id}`, who: ['deliverer'], params: closed({ id: uuid }), malformed: 'not-found' } as const;
const LINES_TYPE = 'application/x-ndjson';
const FILE = bytes(1_073_741_824);
const common = { headers: CALL, problems: [400, 403, 404] };

const again = Type.Optional(
  Type.Boolean({ description: 'Publish even if the same file was published before and would change nothing.' }),
);

/**
 * Delivers a batch, shows its state, reads its rejects. Only for the publisher's own applications with a grant of mode
 * deliver.
 */
export const deliveryOperations = whereContract(isKept, [
  datasetOperation({
    method: 'POST',
    path: BASE,
    who: ['deliverer'],
    query: closed({ mode, again }),
    streams: Object.fromEntries(FILE_TYPES.map((type) => [type, FILE])),
    timeoutMs: UPLOAD_MS,
    of: ({ contract, name, title }) => ({
      id: `deliver${name}`,
      summary: `${title}: deliver a batch`,
      description: `Only for the publisher's own applications, with a grant of mode deliver. CSV is UTF-8, UTF-16 with a byte order mark, or GB18030; a stated \`charset\` is used. The header may be below titles. ${headings(contract)}`,
      query: closed({
        mode: choice(contract.delivery.modes, {
          description: 'snapshot replaces all rows that the sender is responsible for; delta adds and changes rows.',
        }),
        again,
      }),
      streams: streamsOf(contract),
      headers: [
        ...CALL,
        'IdempotencyKey',
        'ContentEncoding',
        'ContentDigest',
        'Prefer',
        'UploadBegins',
        'UploadLength',
      ],
      replies: {
        201: json('It has ended, published or rejected.', delivery, [
          'Location',
          'Exchange-Receipt',
          'Exchange-Release',
        ]),
        202: json('The body is complete; publishing continues.', accepted, ['Location', 'Preference-Applied']),
      },
      problems: [400, 403, 404, 409, 413, 415, 422],
    }),
    async handler({ exchange, running }, { request, reply, caller, query }) {
      const terms = termsOf(query(), caller.permit.root.contract);
      return sendKept(reply, await takeBody(exchange, { permitted: caller, terms }, { request, running }));
    },
  }),
  datasetOperation({
    method: 'GET',
    path: BASE,
    who: ['deliverer'],
    of: ({ name, title }) => ({
      ...common,
      id: `list${name}Deliveries`,
      summary: `${title}: the caller's deliveries, newest first`,
      replies: { 200: json('A hundred at most.', closed({ data: list(delivery, 100) })) },
    }),
    async handler({ exchange }, { request, caller: { contractId } }) {
      const views = await listDeliveries(exchange, { application: request.subject.sub, contractId });
      return { data: views.map((view) => shown(contractId, view)) };
    },
  }),
  datasetOperation({
    ...ONE,
    method: 'GET',
    of: ({ name, title }) => ({
      ...common,
      id: `get${name}Delivery`,
      summary: `${title}: a delivery's state and counts`,
      replies: { 200: json('The delivery.', delivery) },
    }),
    handler: async ({ exchange }, { request, caller, params: { id } }) =>
      shown(caller.contractId, await ownDelivery(exchange, request, { permitted: caller, id })),
  }),
  datasetOperation({
    ...ONE,
    method: 'DELETE',
    of: ({ name, title }) => ({
      ...common,
      id: `cancel${name}Delivery`,
      summary: `${title}: cancel a delivery before it is published`,
      description: 'Works for a delivery on any node. 409 if it has ended. The last release stays.',
      replies: { 200: json('Cancelled.', delivery) },
      problems: [400, 403, 404, 409],
    }),
    async handler({ exchange }, { request, caller: { contractId }, params: { id } }) {
      const view = await cancelDelivery(exchange, { application: request.subject.sub, contractId, id });
      return shown(contractId, view);
    },
  }),
  datasetOperation({
    ...ONE,
    method: 'GET',
    path: `${BASE}/{id}/rejects`,
    timeoutMs: UPLOAD_MS,
    of: ({ name, title }) => ({
      ...common,
      id: `list${name}Rejects`,
      summary: `${title}: rows that were set aside`,
      description:
        'One JSON object per line: `{"line", "row", "errors": [{"field", "rule", "reason"}]}`; for a workbook also `sheet` and `cell`. As a workbook, by `Accept`, the first 5,000 with a comment in each faulty cell. For the deliverer only.',
      replies: {
        200: {
          description: 'NDJSON, or a workbook to correct and send again as a delta.',
          content: { [LINES_TYPE]: text(1_073_741_824), [WORKBOOK_TYPE]: FILE },
          headers: ['Exchange-Receipt'],
        },
      },
      problems: [...common.problems, 406],
    }),
    async handler({ exchange }, { request, reply, caller, params: { id } }) {
      await ownDelivery(exchange, request, { permitted: caller, id });
      const asked = { ...caller, call: callOfRequest(request), deliveryId: id };
      reply.header('vary', 'accept');
      const type = negotiate(request.headers.accept, [LINES_TYPE, WORKBOOK_TYPE]);
      return type === WORKBOOK_TYPE ? sendWorkbook(exchange, asked, reply) : sendLines(exchange, asked, reply);
    },
  }),
]);

/** The publisher's own headings, which the contract maps. */
function headings({ fields }: Contract): string {
  return [...fields.values()].map(({ name, from }) => `${from.join(' or ')} → ${name}`).join('; ');
}

function streamsOf(contract: Contract): Record<string, TSchema> {
  const columns = text(1_073_741_824, { description: `Columns: ${headings(contract)}.` });
  const isText = (type: string) => type === 'text/csv' || type === 'application/x-ndjson';
  return Object.fromEntries(FILE_TYPES.map((type) => [type, isText(type) ? columns : FILE]));
}

function shown(contractId: string, view: DeliveryView): object {
  return { ...view, rejects: rejectsOf(contractId, view) };
}

async function sendLines(
  exchange: Exchange,
  asked: Parameters<typeof readRejects>[1],
  reply: FastifyReply,
): Promise<FastifyReply> {
  const first = await readRejects(exchange, asked, 0);
  const chunks = async function* () {
    let chunk = first;
    for (;;) {
      yield chunk.text;
      if (chunk.after === undefined) return;
      await asked.call.recipient?.ready();
      chunk = await readRejects(exchange, asked, chunk.after);
    }
  };
  withReceipt(reply, first.receipt).type('application/x-ndjson; charset=utf-8');
  return reply.send(Readable.from(chunks(), { objectMode: false }));
}

async function sendWorkbook(
  exchange: Exchange,
  asked: Parameters<typeof readRejectsWorkbook>[1],
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { body, receipt } = await readRejectsWorkbook(exchange, asked);
  const disposition = `attachment; filename="rejects-${asked.deliveryId}.xlsx"`;
  return withReceipt(reply, receipt).header('content-disposition', disposition).type(WORKBOOK_TYPE).send(body);
}

async function ownDelivery(
  exchange: Exchange,
  request: FastifyRequest,
  { permitted: { contractId }, id }: { permitted: Permitted; id: string },
): Promise<DeliveryView> {
  const view = await readDelivery(exchange, { application: request.subject.sub, contractId, id });
  if (view === undefined) throw new Problem('not-found');
  return view;
}

async function takeBody(
  exchange: Exchange,
  { permitted, terms }: { permitted: Permitted; terms: Terms },
  handing: HandingOver,
): Promise<StoredReply> {
  const { request } = handing;
  const type = parseType(request.headers['content-type']);
  idempotencyKey(request.headers['idempotency-key']);
  if (isBeginning(request)) return beginUploadOf(exchange, request, { permitted, terms });
  const body = receive(streamOf(request), parseManifest(request, exchange.config.deliveryLimitBytes));
  const id = exchange.clock.uuid();
  const intake = fileIntake(exchange, { ...type, body });
  const offer = { ...permitted, ...terms, id, call: callOfRequest(request), intake };
  const digest = digestOf(body, `${terms.mode} ${terms.again ? 'again ' : ''}${type.mediaType}`);
  return idempotent(exchange, request, digest, () => handOver(exchange, offer, handing));
}

/** Binds an Idempotency-Key of a delivery to its mode and type, and the bytes as sent. */
function digestOf(body: Body, meaning: string): BodyDigest {
  const seen = () => `${meaning} ${body.digest().toString('hex')}`;
  return {
    seen,
    drain: async () => {
      await body.drain();
      return seen();
    },
  };
}
