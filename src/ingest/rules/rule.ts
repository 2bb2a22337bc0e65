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
  /** As reports name it; never changes its meaning. */
  name: string;
  title: Title;
  /** An error turns the row away; a warning is counted; a finding is about the district and not about the data, so it weighs nothing. */
  severity: 'error' | 'warning' | 'finding';
  dimension: Dimension;
  /** The standard or the law that asks for it. */
  basis: string;
}

/** Judged where a row is validated: gathers faults of validation under one name. */
export interface TypeRule extends Facts {
  kind: 'type';
  severity: 'error';
  /** `RowError.rule` of what it gathers. */
  faults: readonly string[];
  /** False where the contract has nothing that it could be about. */
  concerns(contract: Contract): boolean;
}

/** When the rows are judged, for all of them alike. */
export interface Moment {
  /** ms since the epoch. */
  now: number;
}

/** One test on a row that satisfies its contract: values in the order of its fields. Runs for every row, so it makes nothing. */
export interface RowTest {
  /** The field that a person should look at first. */
  field: string;
  violated(values: readonly unknown[]): boolean;
}

/** Judged row by row: compiled for a contract, no test where its fields are not there. */
export interface RowRule extends Facts {
  kind: 'row';
  severity: 'warning';
  tests(contract: Contract, moment: Moment): RowTest[];
}

/** Where sets of rows lie while a release is made. */
export interface RowSets {
  contract: Contract;
  standard: Standard;
  /** Datasets that have a release, this one included. */
  datasets: ReleasedDatasets;
  /** The dataset's own live rows, and the delivery's staging table, quoted. */
  live: string;
  staging: string;
}

/** A condition over the staged row `s`, true of a faulty one. Made of validated names only. */
export interface SetTest {
  field: string;
  faulty: string;
}

/** Judged over the set, in the transaction that publishes, after the rows have become live. */
export interface SetRule extends Facts {
  kind: 'set';
  severity: 'warning';
  tests(sets: RowSets): SetTest[];
}

/** What is amiss in the district as the live rows show it; reported by township, never a reason to reject. */
export interface FindingRule extends Facts {
  kind: 'finding';
  severity: 'finding';
  /** Deliveries of which entities it is reported with; the first is what its subjects are. */
  entities: readonly string[];
  /** A query of `row_id`, `subject`, `division_code` and what `detail` reads; undefined where a dataset that it needs has no release. */
  found(datasets: ReleasedDatasets): string | undefined;
  detail(row: Readonly<Record<string, unknown>>): Title;
}

export type Rule = TypeRule | RowRule | SetRule | FindingRule;
