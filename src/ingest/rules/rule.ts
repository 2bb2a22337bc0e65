import type { Contract, Title } from '../../catalog/contract.js';
import type { ReleasedDatasets } from '../../catalog/released.js';
import type { Standard } from '../../standard/standard.js';

/** The six dimensions of data quality of GB/T 36344-2018, in its order. */
export const DIMENSIONS = [
  'conformity',
  'completeness',
  'accuracy',
  'consistency',
  'timeliness',
  'accessibility',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

interface Facts {
  /** As in reports; never changes its meaning. */
  name: string;
  title: Title;
  /** An error rejects the row; a warning is counted; a finding describes the district and has no weight. */
  severity: 'error' | 'warning' | 'finding';
  dimension: Dimension;
  /** The standard or law that requires it. */
  basis: string;
}

/** A rule of validation: groups its faults under one name. */
export interface TypeRule extends Facts {
  kind: 'type';
  severity: 'error';
  /** Values of `RowError.rule` that it groups. */
  faults: readonly string[];
  /** False where the contract has no field for it. */
  concerns(contract: Contract): boolean;
}

/** The time of judging, the same for all rows. */
export interface RuleMoment {
  /** ms since the epoch. */
  now: number;
}

/** One test on a valid row: values in the order of its fields. It runs for every row, so it allocates nothing. */
export interface RowTest {
  /** The field to check first. */
  field: string;
  violated(values: readonly unknown[]): boolean;
}

/** A rule per row, compiled for a contract; no test where its fields are missing. */
export interface RowRule extends Facts {
  kind: 'row';
  severity: 'warning';
  tests(contract: Contract, moment: RuleMoment): RowTest[];
}

/** The sets of rows while a release is made. */
export interface RowSets {
  contract: Contract;
  standard: Standard;
  /** Datasets that have a release, including this one. */
  datasets: ReleasedDatasets;
  /** The dataset's own live rows, and the delivery's staging table, quoted. */
  live: string;
  staging: string;
}

/** A condition on the staged row `s`, true for a faulty row. It contains only validated names. */
export interface SetTest {
  field: string;
  faulty: string;
}

/** A rule over the set. It runs in the transaction that publishes, after the rows are live. */
export interface SetRule extends Facts {
  kind: 'set';
  severity: 'warning';
  tests(sets: RowSets): SetTest[];
}

/** A problem in the district that live rows show; reported by township, never a reason to reject. */
export interface FindingRule extends Facts {
  kind: 'finding';
  severity: 'finding';
  /** Deliveries of these entities report it; the first is the entity of its subjects. */
  entities: readonly string[];
  /**
   * A query of `row_id`, `subject`, `division_code` and `detail`'s columns; undefined where a dataset has no release.
   */
  found(datasets: ReleasedDatasets): string | undefined;
  detail(row: Readonly<Record<string, unknown>>): Title;
}

export type Rule = TypeRule | RowRule | SetRule | FindingRule;
