import type { ProblemCode } from '../platform/errors.js';
import { isTooDeep } from '../platform/json/nesting.js';
import { isObject } from '../platform/json-pointer.js';
import { graphqlError, Refusal } from './error.js';
import type { GraphqlRequest } from './parse.js';

/** POST: the JSON text of a body. Unknown members are ignored, as GraphQL over HTTP requires. Throws Refusal. */
export function requestOfBody(body: unknown): GraphqlRequest {
  if (typeof body !== 'string' || body.trim() === '') throw malformed('The body is missing.');
  const parsed = parseJson(body, 'The body is not JSON.');
  if (!isObject(parsed)) throw malformed('The body must be one JSON object; batches are not accepted.');
  return requestOf(parsed);
}

/** GET: the parameters of the query string; variables and extensions are JSON text. Throws Refusal. */
export function requestOfQuery(parameters: unknown): GraphqlRequest {
  const given = isObject(parameters) ? parameters : {};
  const repeated = ['query', 'variables', 'operationName', 'extensions'].find((name) => Array.isArray(given[name]));
  if (repeated !== undefined) throw malformed(`${repeated} appears more than once.`, 'repeated-parameter');
  return requestOf({
    query: given.query,
    operationName: given.operationName === '' ? undefined : given.operationName,
    variables: jsonParameter(given.variables, 'variables'),
    extensions: jsonParameter(given.extensions, 'extensions'),
  });
}

function jsonParameter(text: unknown, name: string): unknown {
  return typeof text === 'string' && text !== '' ? parseJson(text, `${name} is not JSON.`) : undefined;
}

function requestOf({ query, variables, operationName, extensions }: Record<string, unknown>): GraphqlRequest {
  if (typeof query !== 'string') throw malformed('query must be a string.');
  if (!isAbsent(operationName) && typeof operationName !== 'string') throw malformed('operationName must be a string.');
  if (!isAbsent(variables) && !isObject(variables)) throw malformed('variables must be an object.');
  if (!isAbsent(extensions) && !isObject(extensions)) throw malformed('extensions must be an object.');
  return {
    query,
    variables: isObject(variables) ? variables : {},
    operationName: typeof operationName === 'string' ? operationName : undefined,
  };
}

/** JSON.parse's error quotes the body, so it is dropped. */
function parseJson(text: string, message: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(message);
  }
  if (isTooDeep(value)) throw malformed('The JSON is nested too deeply.', 'too-complex');
  return value;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const malformed = (message: string, code: ProblemCode = 'bad-body') =>
  new Refusal([graphqlError(code, { message })], { malformed: true });
