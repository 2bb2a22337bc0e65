import type { Contract } from '../../catalog/contract.js';
import type { RowError } from '../readers/source.js';
import { DIMENSIONS, type Dimension, type RowRule, type RowTest, type RuleMoment } from '../rules/rule.js';
import { RULES } from '../rules/rules.js';
import { ruleOfFault } from './rule-of-fault.js';

/** Lines of a file that are listed per rule and field. */
export const LINES_AT_MOST = 20;

/** Faulty rows, and the lines of the first ones; never their values. */
export interface FaultCount {
  rows: number;
  lines: number[];
}

/** Counts the rows of one delivery while they pass. */
export interface Tally {
  /** Counts a valid row; rejects none. */
  rules(values: readonly unknown[], line: number): undefined;
  turnedAway(line: number, errors: readonly RowError[]): void;
  /** Rows that satisfy the contract. */
  satisfied(): number;
  /** How many of them have a value, by field. */
  filled: Uint32Array;
  tests: readonly { rule: RowRule; test: RowTest; fault: FaultCount }[];
  /** By rule and field of the fault of validation: `checksum\0id_number`. */
  errors: ReadonlyMap<string, FaultCount>;
  /** Rows set aside, by the dimensions of their faults; a row may count in several. */
  rejected: Readonly<Record<Dimension, number>>;
}

export function startTally(contract: Contract, moment: RuleMoment): Tally {
  const filled = new Uint32Array(contract.fields.size);
  const tests = RULES.flatMap((rule) =>
    rule.kind === 'row' ? rule.tests(contract, moment).map((test) => ({ rule, test, fault: noFaults() })) : [],
  );
  const violations = tests.map(({ test }) => test.violated);
  const errors = new Map<string, FaultCount>();
  const rejected = Object.fromEntries(DIMENSIONS.map((name) => [name, 0])) as Record<Dimension, number>;
  let satisfied = 0;
  return {
    filled,
    tests,
    errors,
    rejected,
    satisfied: () => satisfied,
    rules(values, line) {
      satisfied++;
      for (let i = 0; i < values.length; i++) if (values[i] !== null) filled[i]!++;
      for (let i = 0; i < violations.length; i++) if (violations[i]!(values)) count(tests[i]!.fault, line);
    },
    turnedAway(line, faults) {
      const dimensions = new Set<Dimension>();
      for (const { field, rule } of faults) {
        dimensions.add(ruleOfFault(rule).dimension);
        const key = `${rule}\0${field ?? ''}`;
        const fault = errors.get(key) ?? noFaults();
        errors.set(key, fault);
        count(fault, line);
      }
      for (const dimension of dimensions) rejected[dimension]++;
    },
  };
}

const noFaults = (): FaultCount => ({ rows: 0, lines: [] });

function count(fault: FaultCount, line: number): void {
  fault.rows++;
  if (fault.lines.length < LINES_AT_MOST) fault.lines.push(line);
}
