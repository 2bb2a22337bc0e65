import type pg from 'pg';
import type { Report } from '../delivery.js';
import type { Reject } from '../judge/validate.js';
import { storableText } from './storable-text.js';

/** `field\0rule` → rows. */
export type FaultCounts = Map<string, number>;

export function addFaults(counts: FaultCounts, rejects: readonly Pick<Reject, 'errors'>[], times = 1): void {
  for (const { errors } of rejects) {
    for (const { field, rule } of errors) {
      const key = `${field ?? ''}\0${rule}`;
      counts.set(key, (counts.get(key) ?? 0) + times);
    }
  }
}

/** The most frequent first. */
export function faultsOf(counts: FaultCounts): Report['faults'] {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([key, rows]) => {
      const end = key.indexOf('\0');
      return { field: end === 0 ? null : key.slice(0, end), rule: key.slice(end + 1), rows };
    });
}

/** Stores rejected rows with their reasons: nothing that a publisher sends is lost. */
export async function setAside(pool: pg.Pool, deliveryId: string, rejects: readonly Reject[]): Promise<void> {
  await pool.query(
    `INSERT INTO exchange.delivery_reject (delivery, line, "row", errors)
     SELECT $1, line, text, errors::jsonb FROM unnest($2::bigint[], $3::text[], $4::text[]) AS r (line, text, errors)`,
    [
      deliveryId,
      rejects.map((reject) => reject.line),
      rejects.map((reject) => storableText(reject.text)),
      rejects.map((reject) => JSON.stringify(reject.errors)),
    ],
  );
}
