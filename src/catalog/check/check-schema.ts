import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { pointerParts, pointerTo } from '../../platform/json-pointer.js';
import { nearMiss } from '../../platform/near-miss.js';
import { packageRoot } from '../../platform/paths.js';
import type { Publisher, Purpose } from '../contract.js';
import type { ContractDocument } from '../contract-document.js';
import { type CatalogFault, clip } from './fault.js';

/** What a document is where its schema finds no fault. */
interface SchemaDocuments {
  contract: ContractDocument;
  publisher: Publisher;
  purpose: Purpose;
}
type SchemaName = keyof SchemaDocuments;

const MOST_FAULTS = 100;
const VALIDATORS: { [N in SchemaName]: () => ValidateFunction<SchemaDocuments[N]> } = {
  contract: compiled('contract'),
  publisher: compiled('publisher'),
  purpose: compiled('purpose'),
};

/** The document as `schemas/<name>.schema.json` describes it, or its faults in words. */
export function checkSchema<N extends SchemaName>(
  name: N,
  document: unknown,
): { document: SchemaDocuments[N] } | { faults: CatalogFault[] } {
  const validate = VALIDATORS[name]();
  if (validate(document)) return { document };
  const faults = new Map<string, CatalogFault>();
  for (const error of validate.errors ?? []) {
    const fault = explain(error);
    if (fault !== undefined && !faults.has(fault.path)) faults.set(fault.path, fault);
    if (faults.size === MOST_FAULTS) break;
  }
  return { faults: [...faults.values()] };
}

/** Compiled at the first call. */
function compiled<T>(name: SchemaName): () => ValidateFunction<T> {
  let validate: ValidateFunction<T> | undefined;
  return () => {
    validate ??= newAjv().compile<T>(
      JSON.parse(readFileSync(join(packageRoot, 'schemas', `${name}.schema.json`), 'utf8')),
    );
    return validate;
  };
}

/** Without a check against the meta-schema: a test does it, and compiling it takes longer than compiling the schema. */
function newAjv(): Ajv2020 {
  return new Ajv2020({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true, validateSchema: false });
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
  const allowed = [error.params.allowedValues].flat().map(String);
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
