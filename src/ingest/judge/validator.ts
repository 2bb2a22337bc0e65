import { LRUCache } from 'lru-cache';
import type { Contract } from '../../catalog/contract.js';
import type { Standard } from '../../standard/standard.js';
import { typeOf, type ValueType } from '../../standard/type.js';
import { compileMapping, type MappingTarget } from './mapping.js';
import { minorUntil } from './minors.js';
import { compileRowChecks, type RowCheck } from './row-schema.js';

/** One contract's compiled judgement of rows. */
export interface Validator {
  contract: Contract;
  /** The standard that judges the rows. */
  standard: Standard;
  /** Field names in the contract's order, which is the order of a row's values. */
  fields: readonly string[];
  mapping: ReadonlyMap<string, MappingTarget>;
  store: RowCheck;
  remove: RowCheck;
  writers: readonly ((value: unknown) => string)[];
  keyAt: readonly number[];
  minorUntil: ((values: readonly unknown[]) => string) | undefined;
}

const VALIDATORS_AT_MOST = 64;
const validators = new LRUCache<string, Validator>({ max: VALIDATORS_AT_MOST });

/** Cached by the contract's hash and the standard's version, least recently used dropped first. */
export function validatorOf(contract: Contract, standard: Standard): Validator {
  const key = `${contract.hash} ${standard.version}`;
  const validator = validators.get(key) ?? compileValidator(contract, standard);
  validators.set(key, validator);
  return validator;
}

function compileValidator(contract: Contract, standard: Standard): Validator {
  const fields = [...contract.fields.keys()];
  return {
    contract,
    standard,
    fields,
    mapping: compileMapping(contract, standard),
    ...compileRowChecks(contract, standard),
    writers: [...contract.fields.values()].map(({ type }) => copyWriter(typeOf(type))),
    keyAt: contract.key.map((name) => fields.indexOf(name)),
    minorUntil: contract.hasMinors ? minorUntil(contract) : undefined,
  };
}

function copyWriter({ copy }: ValueType): (value: unknown) => string {
  return (value) => (value === null ? '\\N' : copy(value as never));
}

/** True where every code that it accepts is still in force: a list may change during a delivery. */
export function stillTakes({ contract, standard: before }: Validator, now: Standard): boolean {
  if (before.version === now.version) return true;
  return [...contract.fields.values()].every(({ type }) => {
    const list = type.list ?? type.of?.list;
    if (list === undefined || before.codeLists.get(list) === now.codeLists.get(list)) return true;
    const codes = now.lists.get(list);
    return [...(before.lists.get(list)?.keys() ?? [])].every((code) => codes?.has(code));
  });
}
