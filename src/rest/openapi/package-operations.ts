import type { Operation } from './operation.js';
import { choice, integer, list, object, pattern, type Schema, text } from './schema.js';

const OUTCOME: Record<string, Schema> = {
  contract: text(200),
  sender: text(100),
  number: integer(1, Number.MAX_SAFE_INTEGER),
  state: choice(['delivered', 'waiting', 'repeated']),
  missing: list(integer(1, Number.MAX_SAFE_INTEGER), 100),
  acknowledgement: text(10_000, { description: 'C2SP signed note by the key of the log, for the way back.' }),
};
const REQUIRED = ['contract', 'sender', 'number', 'state'];
const outcome = object({ ...OUTCOME, followedBy: list(object(OUTCOME, REQUIRED), 100) }, REQUIRED);
const content = { 'application/json': object({ data: outcome }) };

/** Packages that crossed a network boundary (网闸, 前置机). */
export const packageOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/api/v1/packages/key',
    id: 'getPackageKey',
    tag: 'access',
    caller: 'anyone',
    summary: 'The public key that packages are sealed for',
    replies: {
      200: { description: 'age recipient.', content: { 'text/plain': pattern('^age1[a-z0-9]+\\n$', 300) } },
    },
    problems: [400],
  },
  {
    method: 'POST',
    path: '/api/v1/packages',
    id: 'bringPackage',
    tag: 'access',
    caller: 'application',
    summary: 'Bring a package that crossed the boundary',
    description:
      'For operators, who can neither read nor change it. It is delivered as its sender, when its number has its turn.',
    body: { 'application/vnd.civic-exchange.package': { type: 'string', format: 'binary', maxLength: 1_073_741_824 } },
    replies: {
      200: { description: 'Delivered, or repeated with its earlier outcome.', content },
      202: { description: 'Kept aside: an earlier number has not arrived.', content },
    },
    problems: [400, 403, 404, 409, 413, 415, 422],
  },
];
