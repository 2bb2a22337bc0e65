import type pg from 'pg';
import { isWhole } from '../../access/grants/row-scope.js';
import type { Receipt } from '../../audit/entry.js';
import type { ReleasedDatasets } from '../../catalog/released.js';
import { liveTable } from '../../catalog/table.js';
import { transaction } from '../../platform/postgres/in-transaction.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import type { Standard } from '../../standard/standard.js';
import { advance, type Counts, type Delivery, type Report } from '../delivery.js';
import type { Judge } from '../judge/validate.js';
import type { LandingPlace } from '../land/land.js';
import { addFaults, faultsOf } from '../land/set-aside.js';
import { stagingTable } from '../land/staging.js';
import { measureQuality } from '../quality/measure.js';
import { type ShortQuality, shortOf } from '../quality/report.js';
import type { Intake } from '../receive/intake.js';
import type { Same } from '../receive/same-file.js';
import { applyDifference, type Differing, keptOfPart, sizeOfPart } from './difference.js';
import { type TurnedAway, turnAway } from './turn-away.js';

/** A landed delivery: what came, what judged it, and where it is. */
export interface LandedDelivery {
  offer: { intake: Pick<Intake, 'notes' | 'published'> };
  judge: Judge;
  place: LandingPlace;
}

/** How it ends, decided under the epoch of its entry. */
export interface Ending {
  standard: Standard;
  /** Datasets that the rows may refer to. */
  datasets(): Promise<ReleasedDatasets>;
  /** The delivery that published the same file, if nothing has changed since. */
  same(): Promise<Same | undefined>;
  /** Records it in the log: the last statement before the commit. */
  record(tx: pg.ClientBase, ended: Delivery): Promise<Receipt>;
}

export interface Ended {
  delivery: Delivery;
  receipt: Receipt;
}

/**
 * Turns staging into the next release, or rejects the whole, in one transaction with its entry. Deliveries of one
 * lineage wait for each other here. Readers never wait: they read rows and release from one snapshot.
 */
export function publish(landed: LandedDelivery, ending: Ending): Promise<Ended> {
  return transaction(landed.place.client, () => publishIn(landed, ending));
}

async function publishIn(landed: LandedDelivery, ending: Ending): Promise<Ended> {
  const { client: tx, delivery, watch } = landed.place;
  const { contract } = landed.judge.validator;
  const staging = stagingTable(delivery.id);
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('publish ' || $1, 0))`, [contract.name]);
  await tx.query(`SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; ANALYZE ${staging}`);
  const publishing = await advance(tx, delivery, 'publishing');
  const same = await ending.same();
  const ended = same === undefined ? await change(landed, ending, publishing) : await leave(tx, publishing, same);
  await tx.query(`DROP TABLE ${staging}`);
  await watch.check(tx);
  return { delivery: ended, receipt: await ending.record(tx, ended) };
}

/** The next release, or a rejection. */
async function change(landed: LandedDelivery, ending: Ending, delivery: Delivery): Promise<Delivery> {
  const { place, judge: by, offer } = landed;
  const { client: tx, watch } = place;
  const differing = { deliveryId: delivery.id, validator: by.validator, scope: by.scope, mode: delivery.mode };
  const judged = await judge(landed, differing);
  if (judged.report.refused !== undefined) {
    const report = { ...judged.report, quality: await measured(landed, { ending, judged, release: null }) };
    return advance(tx, delivery, 'rejected', { counts: judged.counts, report });
  }
  await watch.check(tx);
  const release = await nextRelease(tx, delivery.lineageId, by.validator.contract.name);
  const changed = await applyDifference(tx, differing, { release, empty: judged.empty });
  const told = await offer.intake.published?.(tx, { id: delivery.id, release });
  const source = told ? { source: { ...judged.report.source, ...told } } : {};
  return advance(tx, delivery, 'published', {
    counts: { ...judged.counts, ...changed },
    report: { ...judged.report, ...source, quality: await measured(landed, { ending, judged, release }) },
    release,
  });
}

async function measured(
  { judge: { validator, scope, tally }, place }: LandedDelivery,
  { ending, judged, release }: { ending: Ending; judged: Judged; release: number | null },
): Promise<ShortQuality> {
  const { received, accepted, rejected } = judged.counts;
  const report = await measureQuality(place.client, {
    tally,
    standard: ending.standard,
    datasets: await ending.datasets(),
    live: liveTable(validator.contract),
    deliveryId: place.delivery.id,
    lineageId: place.delivery.lineageId,
    contract: validator.contract,
    whole: isWhole(scope),
    away: judged.away,
    rows: { received, accepted, rejected },
    release,
  });
  return shortOf(report);
}

/** Keeps what was published: the earlier outcome without a new release. */
function leave(tx: pg.ClientBase, delivery: Delivery, { id, release, counts, report }: Same): Promise<Delivery> {
  const { source: _, ...told } = report;
  return advance(tx, delivery, 'published', {
    counts,
    release,
    report: { ...told, unchanged: { sameAs: id, release } },
  });
}

interface Judged {
  counts: Counts;
  report: Report;
  away: TurnedAway['away'];
  /** The deliverer's part has no row yet. */
  empty: boolean;
}

/** Applies the contract's delivery terms to the whole: too many faulty rows, or too many deletions. */
async function judge({ judge: by, place, offer }: LandedDelivery, differing: Differing): Promise<Judged> {
  const { client: tx, delivery, landed } = place;
  const { contract } = by.validator;
  const { away, superseded } = await turnAway(tx, by, delivery.id);
  const faults = new Map(landed.faults);
  let { rejected } = landed;
  for (const { error, rows } of away) {
    addFaults(faults, [{ errors: [error] }], rows);
    rejected += rows;
  }
  const part = await sizeOfPart(tx, differing);
  const kept = landed.rejected > 0 && part.rows > 0 ? await keptOfPart(tx, differing) : 0;
  const refused = refusal(contract.delivery, { received: landed.received, rejected, part });
  const counts = { ...delivery.counts, received: landed.received, rejected, accepted: landed.received - rejected };
  const notes = offer.intake.notes?.();
  const report: Report = {
    ...by.mapped(),
    faults: faultsOf(faults),
    ...(kept > 0 ? { kept } : {}),
    ...(superseded > 0 ? { superseded } : {}),
    ...(notes === undefined ? {} : { source: notes }),
    ...refused,
  };
  return { counts, report, away, empty: part.rows === 0 };
}

function refusal(
  terms: { rejectAtMost: number; deleteAtMost: number },
  seen: { received: number; rejected: number; part: { rows: number; missing: number } },
): Pick<Report, 'refused'> {
  const { received, rejected, part } = seen;
  if (rejected > received * terms.rejectAtMost) {
    const reason = `${rejected} of ${received} rows are faulty; the contract allows ${percent(terms.rejectAtMost)}`;
    return { refused: { rule: 'reject-at-most', reason } };
  }
  if (part.missing > part.rows * terms.deleteAtMost) {
    const reason = `${part.missing} of ${part.rows} rows would be deleted; the contract allows ${percent(terms.deleteAtMost)}`;
    return { refused: { rule: 'delete-at-most', reason } };
  }
  return {};
}

const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;

async function nextRelease(tx: pg.ClientBase, lineageId: number, name: string): Promise<number> {
  const raised = await tx.query<{ release: string }>(
    'UPDATE exchange.line SET release = release + 1, released_at = clock_timestamp() WHERE id = $1 RETURNING release',
    [lineageId],
  );
  const release = Number(oneRow(raised, 'release').release);
  await tx.query(`SELECT pg_notify('exchange_release', $1)`, [`${name}:${release}`]);
  return release;
}
