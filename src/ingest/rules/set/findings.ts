import type pg from 'pg';
import type { Catalog } from '../../../catalog/catalog.js';
import type { Title } from '../../../catalog/contract.js';
import { townshipOf } from '../../../standard/region.js';
import { RULES } from '../rules.js';

/** One finding on the rows that are live now. */
export interface Finding {
  /** Name of the rule. */
  rule: string;
  /** Township, 9 digits. */
  division_code: string;
  /** Code of the grid. */
  subject: string;
  detail: Title;
}

/** Every finding on the live rows of the exchange, by rule, township and subject. As exchange_owner, or whoever may read those tables. */
export async function findingsOf(tx: pg.ClientBase | pg.Pool, catalog: Catalog): Promise<Finding[]> {
  const released = await releasedNames(tx);
  const findings: Finding[] = [];
  for (const rule of RULES) {
    const query = rule.kind === 'finding' ? rule.found({ catalog, released }) : undefined;
    if (rule.kind !== 'finding' || query === undefined) continue;
    const { rows } = await tx.query(`SELECT * FROM (${query}) f ORDER BY division_code, subject`);
    for (const row of rows as Record<string, unknown>[]) {
      const division_code = townshipOf(String(row.division_code));
      findings.push({ rule: rule.name, division_code, subject: String(row.subject), detail: rule.detail(row) });
    }
  }
  return findings;
}

/** Names of the datasets that have a release. */
export async function releasedNames(tx: pg.ClientBase | pg.Pool): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ name: string }>('SELECT name FROM exchange.line WHERE release > 0');
  return new Set(rows.map(({ name }) => name));
}
