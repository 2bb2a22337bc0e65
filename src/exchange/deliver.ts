import type { Permit } from '../access/policy/decision.js';
import type { PolicyIndex } from '../access/policy/policy.js';
import { enterIn, recorded } from '../audit/recorded.js';
import { advance } from '../ingest/delivery.js';
import { stillTakes } from '../ingest/judge/validator.js';
import { land } from '../ingest/land/land.js';
import { createStaging } from '../ingest/land/staging.js';
import { releaseLife } from '../ingest/open-delivery.js';
import { type Ended, publish } from '../ingest/publish/publish.js';
import { Unreadable } from '../ingest/readers/source.js';
import { Problem } from '../platform/errors.js';
import { databaseProblem } from '../platform/postgres/database-problem.js';
import { releasedDatasets } from '../query/datasets/released.js';
import { decideAgain } from './delivering/authorise-delivery.js';
import { type BegunDelivery, beginDelivery, type Offer } from './delivering/begin-delivery.js';
import { endedEntry } from './delivering/delivery-entries.js';
import { failDelivery, refuseDelivery } from './delivering/end-delivery.js';
import { digestOf, isKnown, sameBefore } from './delivering/recognise.js';
import { recoverDeliveries } from './delivering/recover-deliveries.js';
import type { Exchange } from './exchange.js';

/**
 * receive → judge → land → publish → record. The delivery ends published or rejected, with its entry. If it breaks off,
 * the last release stays and the delivery can be sent again.
 * @throws Problem too-large, bad-body, digest-mismatch, unavailable, internal, or the code of a denial: the delivery
 * failed; conflict: or its deliverer cancelled it
 */
export async function deliver(exchange: Exchange, offer: Offer): Promise<Ended> {
  const { intake, call } = offer;
  try {
    if (intake.arrive !== undefined) await exchange.arrivals.run(intake.arrive, call.subject.sub);
    return await exchange.slots.run(() => carryOut(exchange, offer), call.subject.sub);
  } finally {
    await intake.close?.();
  }
}

async function carryOut(exchange: Exchange, offer: Offer): Promise<Ended> {
  await recoverDeliveries(exchange).catch((error) => Promise.reject(databaseProblem(error)));
  const run = await beginDelivery(exchange, offer);
  try {
    const known = await isKnown(run);
    const unreadable = await receiveAndLand(run, known);
    if (unreadable !== undefined) return await refuseDelivery(exchange, run, unreadable);
    offer.onLanded?.();
    const ended = await publishAndRecord(exchange, run, known);
    const { release } = ended.delivery;
    if (release !== null) exchange.releases.moved(run.judge.validator.contract.name, release);
    return ended;
  } catch (error) {
    throw await failDelivery(exchange, run, error);
  } finally {
    const { client, watch } = run.place;
    watch.close();
    await releaseLife(client, offer.id).then(
      () => client.release(),
      () => client.release(true),
    );
  }
}

/**
 * Judges each row as it arrives, then lands it or sets it aside; a known file is only read. Returns the reason if rows
 * can't be told apart.
 */
async function receiveAndLand({ offer, judge, place }: BegunDelivery, known: boolean): Promise<Unreadable | undefined> {
  const { intake } = offer;
  const { client, delivery } = place;
  await createStaging(client, delivery.id, judge.validator);
  try {
    if (known) await intake.drain();
    else await land(await intake.open(judge.validator), judge, place);
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
  place.delivery = await advance(client, delivery, 'landed', { digest: digestOf(intake), bytes: intake.bytes() });
  return undefined;
}

/** Decides again under the epoch of the commit itself: a right revoked during the upload publishes nothing. */
function publishAndRecord(exchange: Exchange, run: BegunDelivery, known: boolean): Promise<Ended> {
  const { call } = run.offer;
  return recorded(
    exchange.policy,
    (index) => decideOnRun(exchange, run, index),
    (permit, index) =>
      publish(run, {
        standard: index.catalog.standard,
        datasets: () => releasedDatasets(run.place.client, index.catalog),
        same: () => sameBefore(run, known, { permit, index }),
        record: (tx, ended) => enterIn(exchange.log, tx, endedEntry({ call, index, permit }, ended)),
      }),
  );
}

function decideOnRun(exchange: Exchange, { offer, judge: { validator } }: BegunDelivery, index: PolicyIndex): Permit {
  const permit = decideAgain(exchange, { call: offer.call, contractId: validator.contract.id }, index);
  // The grant at the start limited which rows were received; a different grant may cover other rows.
  if (!sameGrant(permit, offer.permit)) throw new Problem('conflict');
  if (!stillTakes(validator, index.catalog.standard))
    throw new Problem('conflict', 'A code has left its list: send it again');
  return permit;
}

function sameGrant({ root: now }: Permit, { root: before }: Permit): boolean {
  return now.grant.id === before.grant.id && now.grant.version === before.grant.version;
}
