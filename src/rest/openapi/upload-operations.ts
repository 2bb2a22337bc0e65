import type { Contract } from '../../catalog/contract.js';
import { pathOf } from './names.js';
import type { HeaderParameter, Operation, Reply } from './operation.js';
import { list, object, refTo, type Schema, uuid } from './schema.js';

const JSON_TYPE = 'application/json';
const CALL: readonly HeaderParameter[] = ['ExchangePurpose', 'ExchangeGrant', 'ExchangeCase', 'ExchangeOperator'];
const STANDS = ['Upload-Offset', 'Upload-Complete', 'Upload-Limit'];
const BYTES: Schema = { type: 'string', format: 'binary', maxLength: 1_073_741_824 };

type Part = Omit<Operation, 'tag' | 'caller'>;

/** What a deliverer does with its own deliveries: finds them, takes them back, hands them over by parts. */
export function uploadOperations(contract: Contract, name: string, title: string): Part[] {
  const upload = `${pathOf(contract)}/uploads/{id}`;
  const one = { pathParameters: { id: uuid }, headers: CALL };
  return [
    ...ownDeliveries(`${pathOf(contract)}/deliveries`, name, title),
    {
      ...one,
      method: 'PATCH',
      path: upload,
      id: `append${name}Upload`,
      summary: `${title}: append to a delivery that comes in by parts`,
      description:
        'draft-ietf-httpbis-resumable-upload. Begin with `POST …/deliveries` and `Upload-Complete: ?0`; `HEAD` tells `Upload-Offset`. What was stored outlives a broken connection and a node.',
      headers: [...CALL, 'UploadOffset', 'UploadComplete', 'UploadLength', 'ReprDigest', 'ContentDigest', 'Prefer'],
      body: { 'application/partial-upload': BYTES },
      replies: {
        201: {
          description: 'The whole has come and the delivery has ended.',
          content: content(refTo('Delivery')),
          headers: ['Location', 'Exchange-Receipt', 'Exchange-Release', ...STANDS],
        },
        202: {
          description: 'The whole has come; publishing goes on.',
          content: content(refTo('DeliveryAccepted')),
          headers: ['Location', 'Preference-Applied', ...STANDS],
        },
        204: { description: 'Stored.', headers: STANDS },
      },
      problems: [400, 403, 404, 409, 413, 415, 422],
    },
    {
      ...one,
      method: 'DELETE',
      path: upload,
      id: `cancel${name}Upload`,
      summary: `${title}: drop what has come by parts`,
      replies: { 204: { description: 'Gone.', headers: ['Exchange-Receipt'] } },
      problems: [400, 403, 404, 409],
    },
  ];
}

function ownDeliveries(path: string, name: string, title: string): Part[] {
  return [
    {
      method: 'GET',
      path,
      id: `list${name}Deliveries`,
      summary: `${title}: the own deliveries, the newest first`,
      headers: CALL,
      replies: {
        200: { description: 'A hundred at most.', content: content(object({ data: list(refTo('Delivery'), 100) })) },
      },
      problems: [400, 403, 404],
    },
    {
      method: 'DELETE',
      path: `${path}/{id}`,
      id: `cancel${name}Delivery`,
      summary: `${title}: take a delivery back before it is published`,
      description: 'On whatever node it runs. What has ended is told by 409; the last release is untouched.',
      pathParameters: { id: uuid },
      headers: CALL,
      replies: { 200: { description: 'Cancelled.', content: content(refTo('Delivery')) } },
      problems: [400, 403, 404, 409],
    },
  ];
}

function content(schema: Schema): NonNullable<Reply['content']> {
  return { [JSON_TYPE]: schema };
}
