import Type, { type TSchema } from 'typebox';
import { isProblemCode, PROBLEMS } from '../../platform/errors.js';
import { choice, closed, integer, list, text, uri, uuid } from '../shapes.js';
import { ALWAYS } from './headers.js';

const CODES = Object.keys(PROBLEMS).filter(isProblemCode);

const NAMES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  408: 'RequestTimeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'PreconditionFailed',
  413: 'TooLarge',
  415: 'UnsupportedMediaType',
  422: 'Unprocessable',
  428: 'PreconditionRequired',
  429: 'RateLimited',
  500: 'Internal',
  502: 'UpstreamFailed',
  503: 'Unavailable',
  504: 'Timeout',
};

const EXTRA: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

const fault = closed(
  {
    parameter: Type.Optional(text(300)),
    pointer: Type.Optional(text(1_000, { description: 'JSON Pointer (RFC 6901) into the body.' })),
    reason: text(1_000),
    expected: Type.Optional(text(2_000)),
    suggestion: Type.Optional(text(300, { description: 'The closest known name.' })),
  },
  { $id: 'Fault' },
);
/** RFC 9457, with the register's code and each fault. */
const problem = closed(
  {
    type: uri(500, { description: 'A page of this server.' }),
    title: text(200),
    status: integer(400, 599),
    detail: text(2_000),
    instance: uri(100),
    code: choice(CODES),
    errors: list(fault, 1_000),
    trace_id: uuid,
  },
  { $id: 'Problem' },
);

/** One response for each status, with a name; the codes come from the register. */
export function problemResponses(): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(NAMES).map(([status, name]) => [
      name,
      {
        description: describe(Number(status)),
        headers: headerRefs([...ALWAYS, ...(EXTRA[Number(status)] ?? [])]),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}

function describe(status: number): string {
  const codes = CODES.filter((code) => PROBLEMS[code].status === status);
  return codes.map((code) => `\`${code}\` ${PROBLEMS[code].title}`).join('; ');
}

export const headerRefs = (names: readonly string[]): Record<string, { $ref: string }> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

export function problemRef(status: number): { $ref: string } {
  const name = NAMES[status];
  if (name === undefined) throw new Error(`No problem has the status ${status}`);
  return { $ref: `#/components/responses/${name}` };
}
