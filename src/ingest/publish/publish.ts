import type pg from 'pg';
import type { RowScope } from '../../access/grants/grant.js';
import { isWhole } from '../../access/grants/row-scope.js';
import type { Receipt } from '../../audit/entry.js';
import type { Catalog } from '../../catalog/catalog.js';
import { Problem } from '../../platform/errors.js';
import { advance, type Counts, type Delivery, type Report } from '../delivery.js';
import { type TurnedAway, turnAway } from '../judge/turn-away.js';
import type { Validation } from '../judge/validate.js';
import type { Validator } from '../judge/validator.js';
import type { Landed } from '../land/land.js';
import { addFaults, faultsOf } from '../land/set-aside.js';
import { stagingTable } from '../land/staging.js';
import { measureQuality } from '../quality/measure.js';
import { type ShortQuality, shortOf } from '../quality/report.js';
import type { Tally } from '../quality/tally.js';
import type { Same } from '../receive/same-file.js';
import { applyDifference, type Differing, keptOfPart, sizeOfPart } from './difference.js';

export interface Publishing {
  /** As exchange_owner, the delivery's own. */
  client: pg.ClientBase;
  /** In state `landed`. */
  delivery: Delivery;
  validator: Validator;
  scope: RowScope;
  landed: Landed;
  /** What the report says of headings and codes. */
  mapped: ReturnType<Validation['mapped']>;
  suspicious: boolean;
  /** Counted while the rows passed; `catalog` tells which datasets they may refer to. */
  quality: { tally: Tally; catalog: Catalog };
  /** What the source tells of itself. */
  notes: Report['source'];
  /** Joins the transaction of a release, after its rows. */
  published?: ((tx: pg.ClientBase, delivery: { id: string; release: number }) => Promise<Report['source']>) | undefined;
  /** Where the same file was published before and nothing has changed since: by which delivery. */
  same(tx: pg.ClientBase): Promise<Same | undefined>;
  /** The digest was stated and known before, so no row was landed: only `same` can end it. */
  skipped: boolean;
  /** Throws where its deliverer has taken it back. */
  wanted(tx: pg.ClientBase): Promise<void>;
  /** Appends the entry: the last statement before the commit. */
  record(tx: pg.ClientBase, ended: Delivery): Promise<Receipt>;
}

export interface Ended {
  delivery: Delivery;
  receipt: Receipt;
}

/**
 * From staging to the next release, or to a rejection of the whole, in one transaction with its entry. Deliveries of one line wait for each
 * other here; readers wait for nothing: they read the rows and the release of one snapshot.
 */
export async function publish(publishing: Publishing): Promise<Ended> {
  const { client } = publishing;
  await client.query('BEGIN');
  try {
    const ended = await publishIn(publishing);
    await client.query('COMMIT');
    return ended;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // the connection is gone, and the transaction with it
    throw error;
  }
}

async function publishIn(publishing: Publishing): Promise<Ended> {
  const { client: tx, delivery: landed, validator } = publishing;
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('publish ' || $1, 0))`, [validator.contract.name]);
  await tx.query(`SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; ANALYZE ${stagingTable(landed.id)}`);
  const publishingNow = await advance(tx, landed, 'publishing');
  const same = await publishing.same(tx);
  if (same === undefined && publishing.skipped) throw changedMeanwhile();
  const ended = same === undefined ? await change(publishing, publishingNow) : await leave(tx, publishingNow, same);
  await tx.query(`DROP TABLE ${stagingTable(landed.id)}`);
  await publishing.wanted(tx);
  return { delivery: ended, receipt: await publishing.record(tx, ended) };
}

/** The next release, or a rejection. */
async function change(publishing: Publishing, delivery: Delivery): Promise<Delivery> {
  const { client: tx, validator, scope } = publishing;
  const differing = { deliveryId: delivery.id, validator, scope, mode: delivery.mode };
  const judged = await judge(publishing, differing);
  if (judged.report.refused !== undefined) {
    const report = { ...judged.report, quality: await measured(publishing, judged, null) };
    return advance(tx, delivery, 'rejected', { counts: judged.counts, report });
  }
  await publishing.wanted(tx);
  const release = await nextRelease(tx, delivery.lineageId, validator.contract.name);
  const changed = await applyDifference(tx, differing, { release, empty: judged.empty });
  const told = await publishing.published?.(tx, { id: delivery.id, release });
  const source = told ? { source: { ...judged.report.source, ...told } } : {};
  return advance(tx, delivery, 'published', {
    counts: { ...judged.counts, ...changed },
    report: { ...judged.report, ...source, quality: await measured(publishing, judged, release) },
    release,
  });
}

async function measured(publishing: Publishing, judged: Judged, release: number | null): Promise<ShortQuality> {
  const { client: tx, delivery, validator, scope, quality } = publishing;
  const { received, accepted, rejected } = judged.counts;
  const report = await measureQuality(tx, {
    ...quality,
    deliveryId: delivery.id,
    lineageId: delivery.lineageId,
    contract: validator.contract,
    whole: isWhole(scope),
    away: judged.away,
    rows: { received, accepted, rejected },
    release,
  });
  return shortOf(report);
}

/** What was published before stands: the earlier outcome, and no release of its own. */
function leave(tx: pg.ClientBase, delivery: Delivery, { id, release, counts, report }: Same): Promise<Delivery> {
  const { source: _, ...told } = report;
  return advance(tx, delivery, 'published', {
    counts,
    release,
    report: { ...told, unchanged: { sameAs: id, release } },
  });
}

function changedMeanwhile(): Problem {
  return new Problem('unavailable', 'The dataset has changed meanwhile. Send it again.', { retryAfter: 1 });
}

interface Judged {
  counts: Counts;
  report: Report;
  away: TurnedAway['away'];
  /** The deliverer's part has no row yet. */
  empty: boolean;
}

/** What the contract's delivery terms say of the whole: too many faulty rows, or too many that would go. */
async function judge(publishing: Publishing, differing: Differing): Promise<Judged> {
  const { client: tx, delivery, validator, scope, landed, suspicious } = publishing;
  const { contract } = validator;
  const { away, superseded } = await turnAway(tx, {
    deliveryId: delivery.id,
    contract,
    scope,
    suspicious,
    mode: delivery.mode,
  });
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
  const report: Report = {
    ...publishing.mapped,
    faults: faultsOf(faults),
    ...(kept > 0 ? { kept } : {}),
    ...(superseded > 0 ? { superseded } : {}),
    ...(publishing.notes === undefined ? {} : { source: publishing.notes }),
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
  const { rows } = await tx.query<{ release: string }>(
    'UPDATE exchange.line SET release = release + 1, released_at = clock_timestamp() WHERE id = $1 RETURNING release',
    [lineageId],
  );
  const release = Number(rows[0]!.release);
  await tx.query(`SELECT pg_notify('exchange_release', $1)`, [`${name}:${release}`]);
  return release;
}
