import type { Permit } from '../access/policy/decision.js';
import type { PolicyIndex } from '../access/policy/policy.js';
import { enterIn, recorded } from '../audit/recorded.js';
import { advance } from '../ingest/delivery.js';
import { stillTakes } from '../ingest/judge/validator.js';
import { type Landed, land } from '../ingest/land/land.js';
import { createStaging } from '../ingest/land/staging.js';
import { releaseLife } from '../ingest/open-delivery.js';
import { type Ended, publish } from '../ingest/publish/publish.js';
import { Unreadable } from '../ingest/readers/source.js';
import { Problem } from '../platform/errors.js';
import { databaseProblem } from '../platform/postgres/database-problem.js';
import { decideAgain } from './delivering/authorise-delivery.js';
import { beginDelivery, type Offer, type Run } from './delivering/begin-delivery.js';
import { endedEntry } from './delivering/delivery-entries.js';
import { digestOf, failDelivery, refuseDelivery } from './delivering/end-delivery.js';
import { isKnown, sameBefore } from './delivering/recognise.js';
import { recoverDeliveries } from './delivering/recover-deliveries.js';
import type { Exchange } from './exchange.js';

/**
 * receive → validate → land → publish → record. Ends published or rejected, with its entry; whatever breaks off in between leaves the last
 * release untouched, and the delivery can be sent again.
 * @throws Problem too-large, bad-body, digest-mismatch, unavailable, internal, or the code of a denial: the delivery has failed; conflict:
 * or its deliverer has cancelled it
 */
export function deliver(exchange: Exchange, offer: Offer): Promise<Ended> {
  return exchange.slots
    .run(() => carryOut(exchange, offer), offer.call.subject.sub)
    .finally(() => offer.intake.close?.());
}

async function carryOut(exchange: Exchange, offer: Offer): Promise<Ended> {
  await recoverDeliveries(exchange).catch((error) => Promise.reject(databaseProblem(error)));
  const client = await exchange.database.owner.connect().catch((error) => Promise.reject(databaseProblem(error)));
  const run = await beginDelivery(exchange, client, offer).catch((error) => {
    client.release(true);
    throw databaseProblem(error);
  });
  try {
    const skipped = await isKnown(run);
    const landed = await receiveAndLand(exchange, run, skipped);
    if (landed instanceof Unreadable) return await refuseDelivery(exchange, run, landed);
    offer.onLanded?.();
    const ended = await publishAndRecord(exchange, run, { landed, skipped });
    if (ended.delivery.release !== null) exchange.releases.moved(run.validator.contract.name, ended.delivery.release);
    return ended;
  } catch (error) {
    throw await failDelivery(exchange, run, error);
  } finally {
    run.watch.close();
    await releaseLife(client, offer.id).then(
      () => client.release(),
      () => client.release(true),
    );
  }
}

async function receiveAndLand(exchange: Exchange, run: Run, skip: boolean): Promise<Landed | Unreadable> {
  const { client, validator, validation, offer } = run;
  const { intake } = offer;
  await createStaging(client, offer.id, validator);
  const { signal } = run.watch;
  const landing = { client, app: exchange.database.app, deliveryId: offer.id, validator, validation, signal };
  const read = async () => land({ ...landing, source: await intake.open(validator) }, run.progress);
  const landed = await (skip ? intake.drain().then(() => run.progress) : read()).catch((error) => {
    if (error instanceof Unreadable) return error;
    throw error;
  });
  if (landed instanceof Unreadable) return landed;
  run.delivery = await advance(client, run.delivery, 'landed', { digest: digestOf(intake), bytes: intake.bytes() });
  return landed;
}

/** The decision is made anew under the epoch of the very commit: what was revoked while the body came in publishes nothing. */
function publishAndRecord(
  exchange: Exchange,
  run: Run,
  { landed, skipped }: { landed: Landed; skipped: boolean },
): Promise<Ended> {
  const { client, offer, delivery, validator, validation } = run;
  return recorded(
    exchange.policy,
    (index) => decideOnRun(exchange, run, index),
    (permit, index) =>
      publish({
        client,
        delivery,
        validator,
        scope: permit.access.get('')!.grant.rows,
        landed,
        mapped: validation.mapped(),
        suspicious: validation.suspicious(),
        quality: { tally: run.tally, catalog: index.catalog },
        notes: offer.intake.notes?.(),
        published: offer.intake.published,
        same: (tx) => sameBefore(tx, run, { permit, index }),
        skipped,
        wanted: run.watch.check,
        record: (tx, ended) => enterIn(exchange.log, tx, endedEntry({ call: offer.call, index, permit }, ended)),
      }),
  );
}

function decideOnRun(exchange: Exchange, { offer, validator }: Run, index: PolicyIndex): Permit {
  const permit = decideAgain(exchange, { call: offer.call, contractId: validator.contract.id }, index);
  // What was received was limited by the grant that began it; another one may have other rows.
  if (!sameGrant(permit, offer.permit)) throw new Problem('conflict');
  if (!stillTakes(validator, index.catalog.standard))
    throw new Problem('conflict', 'A code has left its list: send it again');
  return permit;
}

function sameGrant(a: Permit, b: Permit): boolean {
  const [now, before] = [a.access.get('')!.grant, b.access.get('')!.grant];
  return now.id === before.id && now.version === before.version;
}
