import type pg from 'pg';
import type { Appended, Draft, Head, Receipt } from './entry.js';

/** The append-only Merkle log of one installation. Any number of nodes write one log with no leader. */
export interface AuditLog {
  /** Queues; resolves when the entry is committed. Throws Problem `audit-unavailable` when it cannot be (queue full, database gone). */
  append(draft: Draft): Promise<Appended>;
  /**
   * The last statement of a publishing, grant or contract transaction: takes the log's lock, appends, returns receipts in order.
   * `policy: true` → the batch carries epoch + 1. The caller commits right after, then calls `committed()`.
   */
  appendIn(
    tx: pg.ClientBase,
    drafts: readonly Draft[],
    options: { policy: boolean },
  ): Promise<{ receipts: Receipt[]; epoch: number }>;
  /** Newest head this node has seen. */
  head(): Head;
  /** False when the last attempt to commit failed: readiness asks this. */
  writable(): boolean;
  close(): Promise<void>;
}
