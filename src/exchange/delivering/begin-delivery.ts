import type pg from 'pg';
import type { Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { prepareDerivation } from '../../ingest/derive/derivation.js';
import { type Judge, openJudge } from '../../ingest/judge/validate.js';
import { validatorOf } from '../../ingest/judge/validator.js';
import type { LandingPlace } from '../../ingest/land/land.js';
import { openDelivery } from '../../ingest/open-delivery.js';
import { startTally } from '../../ingest/quality/tally.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { meaningOf } from '../../ingest/receive/same-file.js';
import { watchCancel } from '../../ingest/watch-cancel.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { placeReader } from '../../query/datasets/places.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';

/** A batch for delivery, authorised. */
export interface Offer {
  id: string;
  call: Call;
  permit: Permit;
  index: PolicyIndex;
  mode: 'snapshot' | 'delta';
  intake: Intake;
  /** Publish even if the same file was published before. */
  again?: boolean;
  /** Called when everything has arrived and is intact. */
  onLanded?: () => void;
}

/** A delivery in progress: what came, what judges it, and where it lands. */
export interface BegunDelivery {
  offer: Offer;
  judge: Judge;
  place: LandingPlace;
  /** Identifies the same bytes with the same meaning (`ingest/receive/same-file.ts`). */
  meaning: string | null;
}

/** Registers the delivery on a connection that it holds until its end. @throws Problem unavailable */
export async function beginDelivery(exchange: Exchange, offer: Offer): Promise<BegunDelivery> {
  const client = await exchange.database.owner.connect().catch((error) => Promise.reject(databaseProblem(error)));
  try {
    return await begin(exchange, client, offer);
  } catch (error) {
    client.release(true);
    throw databaseProblem(error);
  }
}

async function begin(
  { keys, clock, database, node }: Exchange,
  client: pg.PoolClient,
  offer: Offer,
): Promise<BegunDelivery> {
  const { id, call, index, mode, intake } = offer;
  const { contract, grant } = offer.permit.root;
  const { catalog } = index;
  const validator = validatorOf(contract, catalog.standard);
  const tally = startTally(contract, { now: clock.now() });
  const derivation = await prepareDerivation(validator, () => placeReader(client, catalog));
  const { numbered } = intake;
  const judge = openJudge({ validator, scope: grant.rows, mode, tally, keys, derivation, numbered });
  const standard = catalog.standard.version;
  const meaning = meaningOf({ contract, standard, grant, mode, places: derivation?.asOf, intake });
  const delivery = await openDelivery(client, {
    id,
    lineage: contract.name,
    contract: { id: contract.id, hash: contract.hash },
    application: call.subject.sub,
    grant: grant.id,
    mode,
    mediaType: intake.mediaType,
    meaning,
    node,
  });
  const landed: LandingPlace['landed'] = { received: 0, rejected: 0, faults: new Map() };
  const place = { client, app: database.app, delivery, landed, watch: watchCancel(database, id) };
  return { offer, judge, place, meaning };
}
