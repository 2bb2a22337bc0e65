import type pg from 'pg';
import type { Contract } from '../../catalog/contract.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import type { FindingRule, RowSets, SetRule, SetTest } from '../rules/rule.js';
import { RULES } from '../rules/rules.js';
import { blank, type RuleReport } from './report.js';
import { LINES_AT_MOST } from './tally.js';

/** Time limit of one rule while a release is made. Meanwhile the next delivery of the lineage waits, never a reader. */
const RULE_MS = 10_000;
const CANCELED = '57014';

/**
 * Runs the set rules and findings of the contract. `whole`: the deliverer is responsible for all rows of the dataset.
 */
export async function measureSets(tx: pg.ClientBase, sets: RowSets, whole: boolean): Promise<RuleReport[]> {
  const reports: RuleReport[] = [];
  for (const rule of RULES) {
    if (rule.kind === 'set') {
      for (const test of rule.tests(sets))
        reports.push(await bounded(tx, rule, () => measureSet(tx, { sets, rule, test })));
    } else if (rule.kind === 'finding' && concerns(rule, sets.contract, whole)) {
      const query = rule.found(sets.datasets);
      if (query !== undefined)
        reports.push(await bounded(tx, rule, () => measureFinding(tx, { sets, rule, query, whole })));
    }
  }
  return reports;
}

/** A deliverer of all rows receives findings about all rows; a deliverer of a part only about its own rows. */
function concerns({ entities }: FindingRule, { entity }: Contract, whole: boolean): boolean {
  return whole ? entities.includes(entity ?? '') : entities[0] === entity;
}

interface MeasuringSet {
  sets: RowSets;
  rule: SetRule;
  test: SetTest;
}

async function measureSet(tx: pg.ClientBase, { sets, rule, test }: MeasuringSet): Promise<RuleReport> {
  const staged = `FROM ${sets.staging} s WHERE s."_mark" = 'u'`;
  const faulty = `${staged} AND ${test.faulty}`;
  const counted = await tx.query<{ checked: string; faulty: string }>(
    `SELECT (SELECT count(*) ${staged}) AS checked, (SELECT count(*) ${faulty}) AS faulty`,
  );
  const counts = oneRow(counted, 'count');
  const found = Number(counts.faulty);
  const lines = found === 0 ? [] : await linesOf(tx, faulty);
  return { ...blank(rule), field: test.field, checked: Number(counts.checked), rows: found, lines };
}

async function linesOf(tx: pg.ClientBase, from: string): Promise<number[]> {
  const { rows } = await tx.query<{ _line: string }>(
    `SELECT s."_line" ${from} ORDER BY s."_line" LIMIT ${LINES_AT_MOST}`,
  );
  return rows.map(({ _line }) => Number(_line));
}

interface MeasuringFinding {
  sets: RowSets;
  rule: FindingRule;
  query: string;
  whole: boolean;
}

async function measureFinding(tx: pg.ClientBase, { sets, rule, query, whole }: MeasuringFinding): Promise<RuleReport> {
  const own = `JOIN ${sets.staging} s ON s.row_id = f.row_id AND s."_mark" = 'u'`;
  const { rows } = await tx.query<{ code: string; rows: string }>(
    `SELECT left(f.division_code, 9) AS code, count(*) AS rows FROM (${query}) f ${whole ? '' : own}
     GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const { divisions } = sets.standard;
  const townships = rows.map(({ code, rows: found }) => ({
    code,
    name: divisions.get(code)?.name ?? null,
    rows: Number(found),
  }));
  const lines = rule.entities[0] === sets.contract.entity ? await linesOf(tx, `FROM (${query}) f ${own}`) : [];
  const total = townships.reduce((sum, township) => sum + township.rows, 0);
  return { ...blank(rule), rows: total, lines, townships };
}

/** A savepoint of its own: its settings end with it, and a timeout leaves the transaction intact. */
async function bounded(
  tx: pg.ClientBase,
  rule: SetRule | FindingRule,
  measure: () => Promise<RuleReport>,
): Promise<RuleReport> {
  await tx.query(`SAVEPOINT rule; SET LOCAL statement_timeout = ${RULE_MS}`);
  const report = await measure().catch((error: { code?: unknown }): RuleReport => {
    if (error.code === CANCELED) return { ...blank(rule), skipped: true };
    throw error;
  });
  await tx.query('ROLLBACK TO SAVEPOINT rule; RELEASE SAVEPOINT rule');
  return report;
}
