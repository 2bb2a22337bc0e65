import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { type Fault, Problem } from '../../platform/errors.js';
import { nearMiss } from '../../platform/near-miss.js';
import { packageRoot } from '../../platform/paths.js';

type Schema = Record<string, unknown>;

/** A schema of `schemas/` as the body of a route: what checks the request is what OpenAPI shows. */
export function bodySchema(name: 'application' | 'grant' | 'code-list' | 'upstream'): Schema {
  const text = readFileSync(join(packageRoot, 'schemas', `${name}.schema.json`), 'utf8');
  const { $schema: _, $id: __, ...schema } = JSON.parse(text) as Schema;
  return schema;
}

/** In this plugin nothing is coerced and nothing is dropped in silence: fastify's own validator would remove what it doesn't know. */
export function validateStrictly(app: FastifyInstance): void {
  const ajv = new Ajv2020({
    allErrors: false,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    validateSchema: false, // ours, and a test holds them against the meta-schema, which takes longer to compile than all of them
  });
  addFormats.default(ajv);
  app.setValidatorCompiler<Schema>(({ schema, httpPart }) => {
    const validate = ajv.compile(schema);
    return (value: unknown) => {
      if (validate(value)) return { value };
      const faults = (validate.errors ?? []).map((error) => faultOf(error));
      return { error: new Problem(httpPart === 'body' ? 'bad-body' : 'bad-value', undefined, { faults }) };
    };
  });
}

function faultOf(error: ErrorObject): Fault {
  const pointer = error.instancePath;
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params.additionalProperty);
    const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
    const suggestion = nearMiss(name, known);
    return { pointer: `${pointer}/${name}`, reason: 'not known here', ...(suggestion && { suggestion }) };
  }
  if (error.keyword === 'required') return { pointer: `${pointer}/${error.params.missingProperty}`, reason: 'missing' };
  if (error.keyword === 'enum')
    return { pointer, reason: 'not one of these', expected: error.params.allowedValues.join(', ') };
  return { pointer, reason: error.message ?? 'invalid' };
}
