import type { Contract } from '../../catalog/contract.js';
import type { Dimension } from '../rules/rule.js';
import type { QualityReport, RuleReport, Score } from './report.js';

export interface Scoring {
  contract: Contract;
  /** Rows that satisfy the contract. */
  satisfied: number;
  /** Rows set aside, by the dimensions of their faults. */
  rejected: Readonly<Record<Dimension, number>>;
  /** Values present in the rows that satisfy the contract. */
  values: number;
  rules: readonly RuleReport[];
  rows: QualityReport['rows'];
  /** False where the delivery was rejected whole. */
  published: boolean;
  /** Since the last release; undefined before the first. */
  ageDays: number | undefined;
}

/** Days until the next release is late, by `resource.update`; an irregular dataset is never late. */
const CYCLE_DAYS: Readonly<Record<string, number>> = {
  realtime: 1,
  daily: 1,
  weekly: 7,
  monthly: 31,
  quarterly: 92,
  'half-yearly': 184,
  yearly: 366,
};

/**
 * The six dimensions of GB/T 36344. Every fault weighs 1 (errors and warnings), a finding 0. A score is the share
 * without fault, or 0 where there are more faults than rows:
 * - conformity, accuracy, consistency: faults of their rules, in rows that satisfy the contract or have these faults;
 * - completeness: missing values, of all values of those rows, optional ones too; a row without a required value has
 * none;
 * - timeliness: the update cycle over the age of the last release; accessibility: published rows of the rows received.
 * So a rejected row raises no score, and a row that breaks a rule never raises the score of its dimension.
 */
export function scoresOf(scoring: Scoring): Record<Dimension, Score> {
  const { contract, satisfied, rejected, values, rows, published } = scoring;
  const ofRules = (dimension: Dimension) => share(satisfied + rejected[dimension], faultsIn(scoring.rules, dimension));
  const expected = (satisfied + rejected.completeness) * contract.fields.size;
  const open = published && contract.sharing.attribute !== 'none';
  return {
    conformity: ofRules('conformity'),
    completeness: share(expected, expected - values),
    accuracy: ofRules('accuracy'),
    consistency: ofRules('consistency'),
    timeliness: { score: timeliness(contract, scoring.ageDays), checked: 0, faults: 0 },
    accessibility: share(rows.received, open ? rows.rejected : rows.received),
  };
}

/** 100 within the cycle, then less as the release ages. */
export function timeliness({ resource }: Pick<Contract, 'resource'>, ageDays: number | undefined): number {
  const cycle = CYCLE_DAYS[resource.update ?? ''];
  if (cycle === undefined || ageDays === undefined || ageDays <= cycle) return 100;
  return cut((100 * cycle) / ageDays);
}

function faultsIn(rules: readonly RuleReport[], dimension: Dimension): number {
  let faults = 0;
  for (const rule of rules) if (rule.dimension === dimension && rule.severity !== 'finding') faults += rule.rows;
  return faults;
}

function share(checked: number, faults: number): Score {
  return { score: checked === 0 ? 100 : cut(100 * (1 - Math.min(1, faults / checked))), checked, faults };
}

/** One decimal, rounded down. */
export function cut(percent: number): number {
  return Math.floor(percent * 10 + 1e-6) / 10;
}
