import type { Contract } from '../catalog/contract.js';
import type { Standard } from '../standard/standard.js';
import { copyWriter } from './copy-text.js';
import { compileMapping, type Target } from './mapping.js';
import { minorUntil } from './minors.js';
import { compileRowChecks, type RowCheck } from './row-schema.js';

/** What one contract makes of rows, compiled once. */
export interface Validator {
  contract: Contract;
  /** Field names in the contract's order, which is the order of a row's values. */
  fields: readonly string[];
  mapping: ReadonlyMap<string, Target>;
  store: RowCheck;
  remove: RowCheck;
  writers: readonly ((value: unknown) => string)[];
  keyAt: readonly number[];
  minorUntil: ((values: readonly unknown[]) => string) | undefined;
}

const VALIDATORS_AT_MOST = 64;
const validators = new Map<string, Validator>();

/** By the contract's hash, least recently used dropped first. */
export function validatorOf(contract: Contract, standard: Standard): Validator {
  const known = validators.get(contract.hash);
  const validator = known ?? compileValidator(contract, standard);
  validators.delete(contract.hash);
  validators.set(contract.hash, validator);
  if (validators.size > VALIDATORS_AT_MOST) validators.delete(validators.keys().next().value!);
  return validator;
}

export function compileValidator(contract: Contract, standard: Standard): Validator {
  const fields = [...contract.fields.keys()];
  return {
    contract,
    fields,
    mapping: compileMapping(contract, standard),
    ...compileRowChecks(contract, standard),
    writers: [...contract.fields.values()].map((field) => copyWriter(field.type)),
    keyAt: contract.key.map((name) => fields.indexOf(name)),
    minorUntil: contract.hasMinors ? minorUntil(contract) : undefined,
  };
}
