import type pg from 'pg';
import { enterIn } from '../../audit/recorded.js';
import { advance, type Report } from '../../ingest/delivery.js';
import { faultsOf } from '../../ingest/land/set-aside.js';
import { dropStaging } from '../../ingest/open-delivery.js';
import type { Ended } from '../../ingest/publish/publish.js';
import type { Unreadable } from '../../ingest/readers/source.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Cancelled } from '../../ingest/watch-cancel.js';
import { Problem } from '../../platform/errors.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { transaction } from '../../platform/postgres/in-transaction.js';
import type { Exchange } from '../exchange.js';
import type { BegunDelivery } from './begin-delivery.js';
import { cancelledEntry, endedEntry, failedEntry } from './delivery-entries.js';
import { digestOf } from './recognise.js';

/**
 * Rejects the whole delivery, because rows can't be told apart. Its rows so far are set aside or dropped.
 * @throws what reading the rest of the body or the database throws; the delivery must then still be failed
 */
export async function refuseDelivery(exchange: Exchange, run: BegunDelivery, unreadable: Unreadable): Promise<Ended> {
  const { offer, judge, place } = run;
  const { client, delivery: begun } = place;
  await offer.intake.drain();
  return transaction(client, async () => {
    await dropStaging(client, offer.id);
    const { received, rejected, faults } = place.landed;
    const delivery = await advance(client, begun, 'rejected', {
      digest: digestOf(offer.intake),
      bytes: offer.intake.bytes(),
      counts: { ...begun.counts, received, rejected, accepted: received - rejected },
      report: {
        ...judge.mapped(),
        faults: faultsOf(faults),
        ...notesOf(offer.intake),
        refused: { rule: unreadable.rule, reason: unreadable.message, line: unreadable.line },
      },
    });
    const { epoch: _, notAfter: __, ...draft } = endedEntry({ ...offer }, delivery);
    return { delivery, receipt: await enterIn(exchange.log, client, draft) };
  });
}

/**
 * Marks the delivery failed (or cancelled, if its deliverer did that), drops its staged rows and writes its entry, in
 * one transaction. Uses another connection if its own is lost; if both fail, recovery does the rest. Returns the error
 * for the sender.
 */
export async function failDelivery(exchange: Exchange, run: BegunDelivery, error: unknown): Promise<Problem> {
  const { offer, judge, place } = run;
  const cancelled = error instanceof Cancelled;
  const problem = cancelled
    ? new Problem('conflict', 'The delivery was cancelled by its deliverer')
    : isBrokenOff(error)
      ? new Problem('bad-body', 'The body broke off')
      : databaseProblem(error);
  const end = (tx: pg.ClientBase) =>
    transaction(tx, async () => {
      await tx.query(`SET LOCAL lock_timeout = '5s'`);
      await dropStaging(tx, offer.id);
      const refused = { rule: cancelled ? 'cancelled' : problem.code, reason: problem.message };
      const report = { ...judge.mapped(), faults: [], ...notesOf(offer.intake), refused };
      await advance(tx, place.delivery, cancelled ? 'cancelled' : 'failed', { report, bytes: offer.intake.bytes() });
      const draft = cancelled ? cancelledEntry(offer, offer.id) : failedEntry(offer, offer.id, problem.code);
      await enterIn(exchange.log, tx, draft);
    });
  await end(place.client)
    .catch(() => byAnother(exchange, end))
    .catch(() => undefined);
  return problem;
}

async function byAnother(exchange: Exchange, end: (tx: pg.ClientBase) => Promise<unknown>): Promise<void> {
  const client = await exchange.database.owner.connect();
  try {
    await end(client);
  } finally {
    client.release();
  }
}

/**
 * The sender disconnected; that is not our failure. `pg` never reports its own lost connections with a stream's error
 * code.
 */
function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET' && error.message === 'aborted';
}

function notesOf(intake: Intake): Pick<Report, 'source'> {
  const notes = intake.notes?.();
  return notes === undefined ? {} : { source: notes };
}
