import type { Contract } from '../../catalog/contract.js';
import { rowReadable } from '../rules/row/row-readable.js';
import type { TypeRule } from '../rules/rule.js';
import { RULES } from '../rules/rules.js';

const TYPE_RULES: readonly TypeRule[] = RULES.filter((rule) => rule.kind === 'type');
const BY_FAULT = new Map(TYPE_RULES.flatMap((rule) => rule.faults.map((fault) => [fault, rule] as const)));

const concerning = new WeakMap<Contract, readonly TypeRule[]>();

/** The rules that look at the contract's fields at all: worked out once. */
export function typeRulesOf(contract: Contract): readonly TypeRule[] {
  const known = concerning.get(contract) ?? TYPE_RULES.filter((rule) => rule.concerns(contract));
  concerning.set(contract, known);
  return known;
}

/** The named rule for a fault of validation (`RowError.rule`); `row-readable` takes the rest. */
export function ruleOfFault(fault: string): TypeRule {
  return BY_FAULT.get(fault) ?? rowReadable;
}
