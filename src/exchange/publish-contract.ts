import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { type NewRecord, writeRecords } from '../access/policy/records.js';
import type { Actor } from '../audit/entry.js';
import { changeStatements, createStatements } from '../catalog/table.js';
import { databaseProblem } from '../platform/database-problem.js';
import { Problem } from '../platform/errors.js';
import type { Exchange } from './exchange.js';
import { type CatalogDocuments, type CatalogPlan, planCatalog } from './plan-catalog.js';

export interface PublishReport {
  /** In the order written: publishers, purposes, contracts. `version` of the record; contracts also say theirs. */
  published: { kind: 'publisher' | 'purpose' | 'contract'; id: string; version: number }[];
  unchanged: string[];
  /** The policy epoch that carries it; unchanged where nothing was published. */
  epoch: number;
  /** Live nodes that did not serve it within the wait. */
  behind: string[];
}

/** What publishing needs of a node. */
export type PublishingNode = Pick<Exchange, 'database' | 'log' | 'policy' | 'clock'>;

/** Who publishes: goes into the entries. No actor: the exchange itself, applying its own folder at start. */
export interface Publishing {
  actor: Actor | null;
  /** UUID of the request. */
  request: string;
  /** Throws where the caller may not publish (any more): asked again on the epoch that the publishing commits upon. */
  authorise?(): void;
}

/** Publishing is one at a time, in a lock space of its own (two-integer keys). */
const LOCK = [809, 17];
/** ALTER TABLE waits for running readers, and whoever comes after waits behind it: give way soon and try again. */
const LOCK_TIMEOUT_MS = 500;
const ATTEMPTS = 6;
const LIVE_WITHIN_S = 5;
const WAIT_MS = 5_000;

/**
 * Publishes contracts, publishers and purposes: tables, records and entries in one transaction, then waits until every live node serves them.
 * @throws Problem unprocessable, breaking-change (see planCatalog), unavailable (a table or the policy stayed busy), audit-unavailable
 */
export async function publishCatalog(
  exchange: PublishingNode,
  documents: CatalogDocuments,
  publishing: Publishing = { actor: null, request: exchange.clock.uuid() },
): Promise<PublishReport> {
  planCatalog(documents, exchange.policy.current().catalog); // what is wrong anyway needs no lock
  for (let attempt = 1; ; attempt++) {
    const report = await publishOnce(exchange, documents, publishing);
    if (report === 'busy') {
      if (attempt === ATTEMPTS) throw new Problem('unavailable', 'A table is busy: try again', { retryAfter: 5 });
      await pause(100 * attempt);
      continue;
    }
    if (report.published.length === 0) return report;
    await exchange.policy.reach(report.epoch);
    return { ...report, behind: await waitForNodes(exchange, report.epoch) };
  }
}

async function publishOnce(
  exchange: PublishingNode,
  documents: CatalogDocuments,
  publishing: Publishing,
): Promise<PublishReport | 'busy'> {
  const tx = await exchange.database.owner.connect().catch((error: unknown) => Promise.reject(databaseProblem(error)));
  let broken: Error | undefined;
  try {
    await tx.query('BEGIN');
    await tx.query('SELECT pg_advisory_xact_lock($1::integer, $2::integer)', LOCK);
    const index = await exchange.policy.reach(await newestEpoch(tx));
    const plan = planCatalog(documents, index.catalog);
    const records = recordsOf(plan, publishing);
    if (records.length === 0) {
      await tx.query('ROLLBACK');
      return { published: [], unchanged: plan.unchanged, epoch: index.epoch, behind: [] };
    }
    await layTables(tx, plan);
    const { epoch } = await exchange.policy.reach(await newestEpoch(tx)); // laying tables may have taken long
    publishing.authorise?.();
    const written = await writeRecords(
      tx,
      exchange.log,
      records.map((record) => ({ ...record, epoch })),
    );
    await tx.query('COMMIT');
    const published = records.map(({ kind, id }, i) => ({
      kind: kind as PublishReport['published'][number]['kind'],
      id,
      version: written.versions[i]!,
    }));
    return { published, unchanged: plan.unchanged, epoch: written.epoch, behind: [] };
  } catch (error) {
    await tx.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    const { code } = error as { code?: string };
    if (code === '55P03' || code === 'conflict') return 'busy'; // lock_not_available; the policy moved before the append
    throw databaseProblem(error);
  } finally {
    tx.release(broken);
  }
}

async function newestEpoch(tx: pg.ClientBase): Promise<number> {
  const { rows } = await tx.query<{ epoch: string }>(
    'SELECT policy_epoch::text AS epoch FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  return Number(rows[0]?.epoch ?? 0);
}

async function layTables(tx: pg.ClientBase, plan: CatalogPlan): Promise<void> {
  await tx.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  for (const { contract, before } of plan.contracts) {
    const statements = before === undefined ? createStatements(contract) : changeStatements(before, contract);
    for (const statement of statements) await tx.query(statement);
    // The note makes the line's counter known to every node (query/releases.ts), as a release does.
    await tx.query(
      `WITH made AS (INSERT INTO exchange.line (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING name)
       SELECT pg_notify('exchange_release', name || ':0') FROM made`,
      [contract.name],
    );
  }
  await tx.query('SET LOCAL lock_timeout = 0'); // the log's lock is short, and is waited for
}

function recordsOf(plan: CatalogPlan, { actor, request }: Publishing): NewRecord[] {
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
  ].map((record) => ({ ...record, actor, request }));
}

/** The live nodes that do not serve the epoch when the wait ends; none as soon as all do. */
async function waitForNodes({ database, clock }: PublishingNode, epoch: number): Promise<string[]> {
  const deadline = clock.now() + WAIT_MS;
  for (;;) {
    const { rows } = await database.app.query<{ id: string }>(
      'SELECT id FROM exchange.node WHERE epoch < $1 AND seen_at > now() - make_interval(secs => $2)',
      [epoch, LIVE_WITHIN_S],
    );
    if (rows.length === 0 || clock.now() >= deadline) return rows.map((row) => row.id);
    await pause(20);
  }
}
