import type pg from 'pg';
import type { NewRecord } from '../../access/policy/records.js';
import { changeStatements, createStatements } from '../../catalog/table.js';
import { itemAt } from '../../platform/known.js';
import { type CatalogDocuments, type CatalogPlan, planCatalog } from './plan-catalog.js';
import { inTurn, type PublishingNode, type PublishingTurn } from './publishing-turn.js';

export type { PublishingNode, PublishingTurn } from './publishing-turn.js';

export interface PublishReport {
  /**
   * In the order of writing: publishers, purposes, contracts. `version` is the record's; contracts also have their own.
   */
  published: { kind: 'publisher' | 'purpose' | 'contract'; id: string; version: number }[];
  unchanged: string[];
  /** The policy epoch that contains it; unchanged if nothing was published. */
  epoch: number;
  /** Live nodes that did not serve it within the wait. */
  behind: string[];
}

/**
 * Publishes contracts, publishers and purposes: tables, records and entries in one transaction. Then waits until every
 * live node serves them.
 * @throws Problem unprocessable, breaking-change (see planCatalog), unavailable (a table or the policy stayed busy),
 * audit-unavailable
 */
export async function publishCatalog(
  exchange: PublishingNode,
  documents: CatalogDocuments,
  publishing: PublishingTurn = { actor: null, request: exchange.clock.uuid() },
): Promise<PublishReport> {
  planCatalog(documents, exchange.policy.current().catalog); // faults are reported without taking the lock
  const { done, epoch, behind } = await inTurn(exchange, publishing, async ({ tx, index, write }) => {
    const plan = planCatalog(documents, index.catalog);
    const { unchanged } = plan;
    const records = recordsOf(plan);
    if (records.length === 0) return { published: [], unchanged };
    await layTables(tx, plan);
    const { versions } = await write(records);
    return { published: records.map(({ kind, id }, i) => ({ kind, id, version: itemAt(versions, i) })), unchanged };
  });
  return { ...done, epoch, behind };
}

async function layTables(tx: pg.ClientBase, plan: CatalogPlan): Promise<void> {
  for (const { contract, before } of plan.contracts) {
    const statements = before === undefined ? createStatements(contract) : changeStatements(before, contract);
    for (const statement of statements) await tx.query(statement);
    // Like a release, this makes the lineage's counter known to every node (query/releases.ts).
    await tx.query(
      `WITH made AS (INSERT INTO exchange.line (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING name)
       SELECT pg_notify('exchange_release', name || ':0') FROM made`,
      [contract.name],
    );
  }
}

type CatalogRecord = Omit<NewRecord, 'actor' | 'request' | 'epoch' | 'kind'> & {
  kind: PublishReport['published'][number]['kind'];
};

function recordsOf(plan: CatalogPlan): CatalogRecord[] {
  return [
    ...plan.publishers.map((publisher) => ({
      kind: 'publisher' as const,
      id: publisher.slug,
      document: publisher,
      event: 'publisher.registered' as const,
    })),
    ...plan.purposes.map((purpose) => ({
      kind: 'purpose' as const,
      id: purpose.code,
      document: purpose,
      event: 'purpose.registered' as const,
    })),
    ...plan.contracts.map(({ contract }) => ({
      kind: 'contract' as const,
      id: contract.id,
      document: contract.document,
      event: 'contract.published' as const,
    })),
  ];
}
