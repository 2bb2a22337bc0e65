import type { Title } from '../../catalog/contract.js';
import type { Dimension, Rule } from '../rules/rule.js';

/** 0 to 100 with one decimal, cut, so that 100 means no fault at all. */
export interface Score {
  score: number;
  /** Of how many units (rows; of completeness values; of timeliness none) this is the share without fault. */
  checked: number;
  faults: number;
}

/** One rule on one field. */
export interface RuleReport {
  rule: string;
  title: Title;
  severity: Rule['severity'];
  dimension: Dimension;
  basis: string;
  field: string | null;
  /** Rows judged; 0 where the rule judges no rows of the delivery. */
  checked: number;
  /** Rows at fault; of a finding, subjects. */
  rows: number;
  /** Lines of what was sent, at most twenty. */
  lines: number[];
  /** Of a finding. */
  townships?: { code: string; name: string | null; rows: number }[];
  /** It took too long and was given up: not judged. */
  skipped?: true;
}

/** A report on a rule that has found nothing. */
export function blank({ name, title, severity, dimension, basis }: Rule): RuleReport {
  return { rule: name, title, severity, dimension, basis, field: null, checked: 0, rows: 0, lines: [] };
}

/** The quality of one delivery (质量报告): counts, shares and lines, never a value. */
export interface QualityReport {
  scores: Record<Dimension, Score>;
  /** 贴标率: fields that the standard has, of all fields, in percent. */
  labelled: number;
  rows: { received: number; accepted: number; rejected: number };
  /** Rows with a value among those that satisfy the contract. `filled` in percent. */
  fields: { field: string; rows: number; filled: number }[];
  /** The worst first. */
  rules: RuleReport[];
}

/** As the reply to a delivery has it: scores, and the rules that were broken. */
export interface ShortQuality {
  scores: Record<Dimension, number>;
  labelled: number;
  rules: Pick<RuleReport, 'rule' | 'field' | 'severity' | 'rows'>[];
}

export function shortOf({ scores, labelled, rules }: QualityReport): ShortQuality {
  return {
    scores: scoresAlone(scores),
    labelled,
    rules: rules
      .filter(({ rows }) => rows > 0)
      .map(({ rule, field, severity, rows }) => ({ rule, field, severity, rows })),
  };
}

export function scoresAlone(scores: QualityReport['scores']): Record<Dimension, number> {
  const alone = Object.entries(scores).map(([dimension, { score }]) => [dimension, score]);
  return Object.fromEntries(alone) as Record<Dimension, number>;
}
