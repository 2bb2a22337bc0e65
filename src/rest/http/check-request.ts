import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { type Fault, Problem, type ProblemCode } from '../../platform/errors.js';
import { isObject } from '../../platform/json-pointer.js';
import { nearMiss } from '../../platform/near-miss.js';
import { pairsOf, queryStringOf } from './query-string.js';

/** Nothing is coerced, and nothing is dropped silently. */
const ajv = new Ajv2020({
  allErrors: false,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  strictRequired: false,
  validateSchema: false, // a test checks our schemas against the meta-schema, which takes longer to compile than all of them
  addUsedSchema: false,
});
addFormats.default(ajv);

type SchemaMembers = Record<string, unknown>;
export type Check<T> = (given: T) => unknown;

/** Checks path parameters. A malformed one is `bad-value`, unless the operation says otherwise. */
export function checkParams(schema: TSchema, code: ProblemCode = 'bad-value'): Check<Readonly<Record<string, string>>> {
  const check = compiled(schema);
  const known = membersOf(schema);
  return (params) => {
    const texts = Object.entries(params).filter(([name]) => Object.hasOwn(known, name));
    const values = Object.fromEntries(texts.map(([name, value]) => [name, fromText(value, known[name])]));
    const fault = check(values);
    if (fault !== undefined) throw new Problem(code, undefined, { faults: [parameterFault(fault, known)] });
    return { ...params, ...values };
  };
}

/**
 * Checks the query string; each parameter at most once.
 * @throws Problem unknown-parameter with the closest known name, repeated-parameter, bad-value
 */
export function checkQuery(schema: TSchema | undefined): Check<FastifyRequest> {
  const check = schema === undefined ? () => undefined : compiled(schema);
  const known = membersOf(schema);
  return (request) => {
    const values: SchemaMembers = {};
    for (const { name, value } of pairsOf(queryStringOf(request))) {
      if (!Object.hasOwn(known, name)) throw unknownParameter(name, Object.keys(known));
      if (Object.hasOwn(values, name)) {
        const fault = { parameter: name, reason: 'repeated', expected: 'once' };
        throw new Problem('repeated-parameter', undefined, { faults: [fault] });
      }
      values[name] = fromText(value, known[name]);
    }
    const fault = check(values);
    if (fault !== undefined) throw new Problem('bad-value', undefined, { faults: [parameterFault(fault, known)] });
    return values;
  };
}

/** @throws Problem bad-body with a pointer to the fault */
export function checkBody(schema: TSchema): Check<unknown> {
  const check = compiled(schema);
  return (body) => {
    const error = check(body);
    if (error !== undefined) throw new Problem('bad-body', undefined, { faults: [bodyFault(error)] });
    return body;
  };
}

/** Compiled at first use, so a node starts without waiting. */
function compiled(schema: TSchema): (value: unknown) => ErrorObject | undefined {
  let validate: ReturnType<typeof ajv.compile> | undefined;
  return (value) => {
    validate ??= ajv.compile(schema);
    return validate(value) ? undefined : validate.errors?.[0];
  };
}

function membersOf(schema: unknown): Record<string, SchemaMembers> {
  const properties = isObject(schema) && isObject(schema.properties) ? schema.properties : {};
  const members = Object.entries(properties).flatMap(([name, member]) =>
    isObject(member) ? [[name, member] as const] : [],
  );
  return Object.fromEntries(members);
}

/** A parameter is text. It becomes a number or boolean only if the schema wants one, and only from its one form. */
function fromText(value: string, schema: SchemaMembers | undefined): unknown {
  if (schema?.type === 'integer' && /^(0|-?[1-9]\d{0,15})$/.test(value)) return Number(value);
  if (schema?.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function unknownParameter(name: string, known: readonly string[]): Problem {
  const suggestion = nearMiss(name, known);
  const fault: Fault = {
    parameter: name.slice(0, 100),
    reason: 'unknown parameter',
    ...(known.length === 0 ? {} : { expected: known.join(', ') }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
  return new Problem('unknown-parameter', undefined, { faults: [fault] });
}

function parameterFault(error: ErrorObject, known: Record<string, SchemaMembers>): Fault {
  const missing = error.keyword === 'required';
  const parameter = missing ? String(error.params.missingProperty) : (error.instancePath.split('/')[1] ?? '');
  const expected = expectedOf(known[parameter]);
  return {
    parameter,
    reason: missing ? 'is required' : 'not a value that can be answered',
    ...(expected === undefined ? {} : { expected }),
  };
}

function expectedOf(schema: SchemaMembers = {}): string | undefined {
  if (Array.isArray(schema.enum)) return schema.enum.join(' or ');
  if (schema.type === 'integer') return `a whole number, ${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'boolean') return 'true or false';
  if (typeof schema.format === 'string') return schema.format;
  return typeof schema.pattern === 'string' ? `text that matches ${schema.pattern}` : undefined;
}

function bodyFault(error: ErrorObject): Fault {
  const pointer = error.instancePath;
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params.additionalProperty);
    const suggestion = nearMiss(name, Object.keys(membersOf(error.parentSchema)));
    return { pointer: `${pointer}/${name}`, reason: 'not known here', ...(suggestion && { suggestion }) };
  }
  if (error.keyword === 'required') return { pointer: `${pointer}/${error.params.missingProperty}`, reason: 'missing' };
  if (error.keyword === 'enum')
    return { pointer, reason: 'not one of these', expected: error.params.allowedValues.join(', ') };
  return { pointer, reason: error.message ?? 'invalid' };
}
