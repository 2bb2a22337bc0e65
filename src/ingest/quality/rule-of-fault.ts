import { rowReadable } from '../rules/row/row-readable.js';
import type { TypeRule } from '../rules/rule.js';
import { RULES } from '../rules/rules.js';

export const TYPE_RULES: readonly TypeRule[] = RULES.filter((rule) => rule.kind === 'type');
const BY_FAULT = new Map(TYPE_RULES.flatMap((rule) => rule.faults.map((fault) => [fault, rule] as const)));

/** The named rule for a fault of validation (`RowError.rule`); `row-readable` takes the rest. */
export function ruleOfFault(fault: string): TypeRule {
  return BY_FAULT.get(fault) ?? rowReadable;
}
