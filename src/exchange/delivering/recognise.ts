import type { Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { findSame, type Same, type Sought } from '../../ingest/receive/same-file.js';
import { Problem } from '../../platform/errors.js';
import { writeDigest } from '../../platform/structured-field.js';
import type { BegunDelivery } from './begin-delivery.js';

/**
 * Whether a file with the stated digest was published before. If so it is only read and hashed: its rows are in the
 * release.
 */
export async function isKnown(run: BegunDelivery): Promise<boolean> {
  const { stated } = run.offer.intake;
  if (stated === undefined || run.offer.again) return false;
  return (await findSame(run.place.client, soughtBy(run, run.offer, writeDigest(stated)))) !== undefined;
}

/**
 * The same check in the publishing transaction, when nobody else publishes into the lineage.
 * @throws Problem unavailable if the file was known at its arrival (so no row landed) and is no longer
 */
export async function sameBefore(
  run: BegunDelivery,
  known: boolean,
  decided: { permit: Permit; index: PolicyIndex },
): Promise<Same | undefined> {
  if (run.offer.again) return undefined;
  const same = await findSame(run.place.client, soughtBy(run, decided, digestOf(run.offer.intake)));
  if (same === undefined && known) {
    throw new Problem('unavailable', 'The dataset has changed meanwhile. Send it again.', { retryAfter: 1 });
  }
  return same;
}

function soughtBy(
  run: BegunDelivery,
  { permit, index }: { permit: Permit; index: PolicyIndex },
  digest: string,
): Sought {
  return {
    lineageId: run.place.delivery.lineageId,
    application: run.offer.call.subject.sub,
    meaning: run.meaning,
    digest,
    part: permit.root.grant.rows,
    rowsOf: (grantId) => index.grants.get(grantId)?.rows,
  };
}

/** Digest of the received bytes, as in `Content-Digest`. */
export function digestOf(intake: Intake): string {
  return writeDigest(intake.digest());
}
