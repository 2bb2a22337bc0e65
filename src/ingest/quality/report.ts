import type { Title } from '../../catalog/contract.js';
import type { Dimension, Rule } from '../rules/rule.js';

/** 0 to 100 with one decimal, rounded down, so that 100 means no fault. */
export interface Score {
  score: number;
  /** The units of the share: rows; values for completeness; none for timeliness. */
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
  /** Faulty rows; for a finding, subjects. */
  rows: number;
  /** Lines of the sent file, at most twenty. */
  lines: number[];
  /** Only of a finding. */
  townships?: { code: string; name: string | null; rows: number }[];
  /** It timed out and judged nothing. */
  skipped?: true;
}

/** The report of a rule without faults. */
export function blank({ name, title, severity, dimension, basis }: Rule): RuleReport {
  return { rule: name, title, severity, dimension, basis, field: null, checked: 0, rows: 0, lines: [] };
}

/** The quality of one delivery (质量报告): counts, shares and lines, never a value. */
export interface QualityReport {
  scores: Record<Dimension, Score>;
  /** 贴标率: the share of fields that are in the standard, in percent. */
  labelled: number;
  rows: { received: number; accepted: number; rejected: number };
  /** Rows with a value among those that satisfy the contract. `filled` in percent. */
  fields: { field: string; rows: number; filled: number }[];
  /** The worst first. */
  rules: RuleReport[];
}

/** As in the reply to a delivery: scores, and the rules that were broken. */
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
