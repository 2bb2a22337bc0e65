import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { pointerParts, pointerTo } from '../../platform/json-pointer.js';
import { nearMiss } from '../../platform/near-miss.js';
import { packageRoot } from '../../platform/paths.js';
import { type CatalogFault, clip } from './fault.js';

export type SchemaName = 'contract' | 'publisher' | 'purpose';

const MOST_FAULTS = 100;
const validators = new Map<SchemaName, ValidateFunction>();

/** Faults of a document against `schemas/<name>.schema.json`, in words; empty where it fits. */
export function checkSchema(name: SchemaName, document: unknown): CatalogFault[] {
  const validate = validators.get(name) ?? compile(name);
  if (validate(document)) return [];
  const faults = new Map<string, CatalogFault>();
  for (const error of validate.errors ?? []) {
    const fault = explain(error);
    if (fault !== undefined && !faults.has(fault.path)) faults.set(fault.path, fault);
    if (faults.size === MOST_FAULTS) break;
  }
  return [...faults.values()];
}

function compile(name: SchemaName): ValidateFunction {
  // No check against the meta-schema here: a test does it, and compiling it takes longer than compiling the schema.
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    validateSchema: false,
  });
  const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas', `${name}.schema.json`), 'utf8')) as object;
  const validate = ajv.compile(schema);
  validators.set(name, validate);
  return validate;
}

function explain(error: ErrorObject): CatalogFault | undefined {
  const parent = (error.parentSchema ?? {}) as { properties?: object; description?: string };
  const described = parent.description === undefined ? {} : { expected: parent.description };
  const at = (part: string): string => pointerTo([...pointerParts(error.instancePath), part]);
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params.additionalProperty);
      const suggestion = nearMiss(name, Object.keys(parent.properties ?? {}));
      return { path: at(name), reason: `${clip(name)} is not known here`, ...(suggestion ? { suggestion } : {}) };
    }
    case 'required':
      return { path: at(String(error.params.missingProperty)), reason: 'It is required' };
    case 'enum':
      return explainEnum(error);
    case 'propertyNames':
      return { path: at(String(error.params.propertyName)), reason: 'The name is not allowed', expected: NAME };
    case 'type':
      return {
        path: error.instancePath,
        reason: 'The form is wrong',
        ...(described.expected ? described : formOf(error)),
      };
    case 'pattern':
      if (error.propertyName !== undefined) return undefined; // propertyNames reports it
      return { path: error.instancePath, reason: 'The form is wrong', ...described };
    case 'if':
      return undefined; // its branch reports it
    default:
      return error.propertyName === undefined
        ? { path: error.instancePath, reason: `It ${error.message ?? 'is wrong'}`, ...described }
        : undefined;
  }
}

const NAME = 'lower-case letters, digits and _, beginning with a letter, at most 62';

function explainEnum(error: ErrorObject): CatalogFault {
  const allowed = (error.params.allowedValues as unknown[]).map(String);
  const suggestion = typeof error.data === 'string' ? nearMiss(error.data, allowed) : undefined;
  return {
    path: error.instancePath,
    reason: 'The value is not one of those allowed',
    expected: allowed.join(', '),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function formOf(error: ErrorObject): { expected: string } {
  const types = [error.params.type].flat().map((type) => {
    if (type === 'string') return typeof error.data === 'object' ? 'a string' : 'a quoted string';
    return type === 'array' ? 'a list' : 'a mapping';
  });
  return { expected: types.join(' or ') };
}
