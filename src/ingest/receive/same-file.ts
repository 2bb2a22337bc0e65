import { hash } from 'node:crypto';
import type pg from 'pg';
import type { Grant, RowScope } from '../../access/grants/grant.js';
import { overlap } from '../../access/grants/row-scope.js';
import type { Contract } from '../../catalog/contract.js';
import type { Counts, Report } from '../delivery.js';
import type { Intake } from './intake.js';

/** What identifies a repeated file. */
export interface Sought {
  lineageId: number;
  application: string;
  meaning: string | null;
  /** `sha-256=:…:` of the body. */
  digest: string;
  /** The deliverer's part. */
  part: RowScope;
  /** Rows of another deliverer's grant; undefined where it is unknown. */
  rowsOf(grantId: string): RowScope | undefined;
}

/** The earlier delivery that published the same file. */
export interface Same {
  id: string;
  release: number;
  counts: Counts;
  report: Report;
}

export interface Meaning {
  contract: Contract;
  /** Version of the standard in force. */
  standard: string;
  grant: Pick<Grant, 'id' | 'version'>;
  mode: 'snapshot' | 'delta';
  /** Version of the places that its derivations look up (`derive/derivation.ts`). */
  places: string | undefined;
  intake: Pick<Intake, 'mediaType' | 'meaning'>;
}

/** Hash of everything that decides the meaning of the same bytes; null where a repetition is never recognised. */
export function meaningOf({ contract, standard, grant, mode, places = '', intake }: Meaning): string | null {
  if (intake.meaning === undefined) return null;
  const parts = [contract.hash, standard, grant.id, grant.version, mode, places, intake.mediaType, intake.meaning];
  return hash('sha256', JSON.stringify(parts), 'hex');
}

/**
 * The deliverer's own delivery of the same file, where nothing was published since into an overlapping part: publishing
 * it again would change nothing. Both modes follow this rule: a delta is applied again once others have overwritten it.
 * Rejected rows may become acceptable after others deliver; then only a delivery without rejected rows matches.
 */
export async function findSame(tx: Pick<pg.ClientBase, 'query'>, sought: Sought): Promise<Same | undefined> {
  if (sought.meaning === null) return undefined;
  const { rows } = await tx.query<EarlierDelivery>(
    `SELECT id, release, received, accepted, rejected, report FROM exchange.delivery
     WHERE line_id = $1 AND application = $2 AND meaning = $3 AND digest = $4 AND state = 'published' AND report->'unchanged' IS NULL
     ORDER BY release DESC LIMIT 1`,
    [sought.lineageId, sought.application, sought.meaning, sought.digest],
  );
  const found = rows[0];
  if (found === undefined) return undefined;
  const { rows: since } = await tx.query<{ grant: string }>(
    `SELECT DISTINCT "grant" FROM exchange.delivery WHERE line_id = $1 AND release > $2 AND state = 'published'`,
    [sought.lineageId, found.release],
  );
  if (since.length > 0 && Number(found.rejected) > 0) return undefined;
  const apart = since.every(({ grant }) => {
    const rows = sought.rowsOf(grant);
    return rows !== undefined && !overlap(sought.part, rows);
  });
  return apart ? sameOf(found) : undefined;
}

interface EarlierDelivery {
  id: string;
  release: string;
  received: string;
  accepted: string;
  rejected: string;
  report: Report;
}

function sameOf({ id, release, received, accepted, rejected, report }: EarlierDelivery): Same {
  const counts = { received: Number(received), accepted: Number(accepted), rejected: Number(rejected) };
  return { id, release: Number(release), counts: { ...counts, inserted: 0, updated: 0, deleted: 0 }, report };
}
