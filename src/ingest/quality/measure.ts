import type pg from 'pg';
import type { Contract } from '../../catalog/contract.js';
import type { ReleasedDatasets } from '../../catalog/released.js';
import { itemAt } from '../../platform/known.js';
import type { Standard } from '../../standard/standard.js';
import { stagingTable } from '../land/staging.js';
import type { RowError } from '../readers/source.js';
import { measureSets } from './measure-sets.js';
import { blank, type QualityReport, type RuleReport } from './report.js';
import { ruleOfFault, typeRulesOf } from './rule-of-fault.js';
import { cut, scoresOf } from './score.js';
import { type FaultCount, LINES_AT_MOST, type Tally } from './tally.js';

export interface Measuring {
  deliveryId: string;
  lineageId: number;
  contract: Contract;
  standard: Standard;
  /** Datasets that the rows may refer to. */
  datasets: ReleasedDatasets;
  /** The dataset's own live rows. */
  live: string;
  tally: Tally;
  /** The deliverer is responsible for all rows of the dataset. */
  whole: boolean;
  /** Rows rejected by checks over the whole set. */
  away: readonly { error: RowError; rows: number }[];
  rows: QualityReport['rows'];
  /** Null where the delivery was rejected whole: its rows are not live, so set rules do not run. */
  release: number | null;
}

/** Makes and stores a delivery's quality report, in the transaction that ends it, while its staging table exists. */
export async function measureQuality(tx: pg.ClientBase, measuring: Measuring): Promise<QualityReport> {
  const { deliveryId, lineageId, contract, tally, release, rows } = measuring;
  const rules = [
    ...(await typeReports(tx, measuring)),
    ...tally.tests.map(({ rule, test, fault }) => ({
      ...blank(rule),
      ...fault,
      field: test.field,
      checked: tally.satisfied(),
    })),
    ...(release === null
      ? []
      : await measureSets(tx, { ...measuring, staging: stagingTable(deliveryId) }, measuring.whole)),
  ];
  const report: QualityReport = {
    scores: scoresOf({
      contract,
      satisfied: tally.satisfied(),
      rejected: tally.rejected,
      values: tally.filled.reduce((sum, filled) => sum + filled, 0),
      rules,
      rows,
      published: release !== null,
      ageDays: await ageOf(tx, lineageId),
    }),
    labelled: labelled(contract),
    rows,
    fields: [...contract.fields.keys()].map((field, at) =>
      filledOf(field, itemAt(tally.filled, at), tally.satisfied()),
    ),
    rules: rules.sort((a, b) => b.rows - a.rows),
  };
  await tx.query(
    `INSERT INTO exchange.quality (delivery, line_id, release, contract, report, made_at)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp())`,
    [deliveryId, lineageId, release, contract.id, JSON.stringify(report)],
  );
  return report;
}

/** 贴标率, in percent. */
function labelled({ fields }: Contract): number {
  const own = [...fields.values()];
  return cut((100 * own.filter(({ standard }) => standard).length) / Math.max(1, own.length));
}

function filledOf(field: string, rows: number, of: number) {
  return { field, rows, filled: of === 0 ? 0 : cut((100 * rows) / of) };
}

/** Days since the lineage's last release with a report; undefined where there is none. */
async function ageOf(tx: pg.ClientBase, lineageId: number): Promise<number | undefined> {
  const { rows } = await tx.query<{ days: string }>(
    `SELECT extract(epoch FROM clock_timestamp() - made_at) / 86400 AS days FROM exchange.quality
     WHERE line_id = $1 AND release IS NOT NULL ORDER BY release DESC LIMIT 1`,
    [lineageId],
  );
  return rows[0] === undefined ? undefined : Number(rows[0].days);
}

/** Faults of validation by named rule; a rule without faults is listed once. */
async function typeReports(
  tx: pg.ClientBase,
  { deliveryId, contract, tally, away, rows }: Measuring,
): Promise<RuleReport[]> {
  const faults = new Map(tally.errors);
  for (const { error, rows: found } of away) {
    faults.set(`${error.rule}\0${error.field ?? ''}`, { rows: found, lines: await linesAway(tx, deliveryId, error) });
  }
  const reports = new Map<string, RuleReport>();
  for (const [key, fault] of faults) {
    const end = key.indexOf('\0');
    const field = key.slice(end + 1);
    const rule = ruleOfFault(key.slice(0, end));
    const known = reports.get(`${rule.name}\0${field}`);
    const start = known ?? { ...blank(rule), field: field === '' ? null : field, checked: rows.received };
    reports.set(`${rule.name}\0${field}`, { ...start, ...together(start, fault) });
  }
  const found = new Set([...reports.values()].map(({ rule }) => rule));
  const clean = typeRulesOf(contract).filter((rule) => !found.has(rule.name));
  return [...reports.values(), ...clean.map((rule) => ({ ...blank(rule), checked: rows.received }))];
}

function together(a: FaultCount, b: FaultCount): FaultCount {
  const lines = [...new Set([...a.lines, ...b.lines])].sort((one, two) => one - two);
  return { rows: a.rows + b.rows, lines: lines.slice(0, LINES_AT_MOST) };
}

async function linesAway(tx: pg.ClientBase, deliveryId: string, { rule }: RowError): Promise<number[]> {
  const { rows } = await tx.query<{ line: string }>(
    `SELECT line FROM exchange.delivery_reject WHERE delivery = $1 AND errors -> 0 ->> 'rule' = $2
     ORDER BY line LIMIT ${LINES_AT_MOST}`,
    [deliveryId, rule],
  );
  return rows.map(({ line }) => Number(line));
}
