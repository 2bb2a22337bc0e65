import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type pg from 'pg';
import type { Contract } from '../../catalog/contract.js';
import type { ColumnsBefore } from '../../ingest/readers/database/choose-columns.js';

/** How far the published rows of a source reach. */
export interface SourceState {
  /** Undefined: from the start. */
  watermark: string | undefined;
  columns: ColumnsBefore;
}

/**
 * Another table, upstream or watermark column starts from the beginning; a newly published contract accepts the columns
 * as they are.
 */
export async function readState(pool: pg.Pool, contract: Contract): Promise<SourceState> {
  const { rows } = await pool.query<{
    watermark: string | null;
    source: string;
    contract_hash: string;
    columns: ColumnsBefore;
  }>('SELECT watermark, source, contract_hash, columns FROM exchange.source_state WHERE contract = $1', [contract.id]);
  const [row] = rows;
  if (row === undefined || row.source !== sourceHash(contract)) return { watermark: undefined, columns: undefined };
  return {
    watermark: row.watermark ?? undefined,
    columns: row.contract_hash === contract.hash ? row.columns : undefined,
  };
}

/** In the transaction of the release: the state moves with the rows or not at all, so no row is skipped. */
export async function moveState(tx: pg.ClientBase, contract: Contract, state: SourceState): Promise<void> {
  await tx.query(
    `INSERT INTO exchange.source_state (contract, watermark, source, contract_hash, columns, moved_at)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp())
     ON CONFLICT (contract) DO UPDATE SET watermark = excluded.watermark, source = excluded.source,
       contract_hash = excluded.contract_hash, columns = excluded.columns, moved_at = excluded.moved_at`,
    [contract.id, state.watermark, sourceHash(contract), contract.hash, JSON.stringify(state.columns ?? {})],
  );
}

/** Only over what selects the rows; time and grant do not matter. */
function sourceHash(contract: Contract): string {
  const terms = { ...contract.delivery.source, schedule: undefined, application: undefined };
  return hash('sha256', canonicalize(terms)!, 'hex');
}
