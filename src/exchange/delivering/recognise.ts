import type pg from 'pg';
import type { Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { findSame, type Same, type Sought } from '../../ingest/receive/same-file.js';
import { writeDigest } from '../../platform/structured-field.js';
import type { Run } from './begin-delivery.js';
import { digestOf } from './end-delivery.js';

/** Was the file published before whose digest the sender has stated? Then its rows needn't be landed once more: it is read and hashed only. */
export async function isKnown(run: Run): Promise<boolean> {
  const { stated } = run.offer.intake;
  if (stated === undefined || run.offer.again) return false;
  const sought = soughtBy(run, run.offer, writeDigest(stated));
  return (await findSame(run.client, sought)) !== undefined;
}

/** The same within the transaction that would publish: nobody else publishes into the lineage meanwhile. */
export async function sameBefore(
  tx: pg.ClientBase,
  run: Run,
  decided: { permit: Permit; index: PolicyIndex },
): Promise<Same | undefined> {
  if (run.offer.again) return undefined;
  return findSame(tx, soughtBy(run, decided, digestOf(run.offer.intake)));
}

function soughtBy(run: Run, { permit, index }: { permit: Permit; index: PolicyIndex }, digest: string): Sought {
  return {
    lineageId: run.delivery.lineageId,
    application: run.offer.call.subject.sub,
    meaning: run.meaning,
    digest,
    part: permit.access.get('')!.grant.rows,
    rowsOf: (grantId) => index.grants.get(grantId)?.rows,
  };
}
