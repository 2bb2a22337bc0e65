import type pg from 'pg';
import type { Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Delivery } from '../../ingest/delivery.js';
import { prepareDerivation } from '../../ingest/derive/derivation.js';
import { startValidation, type Validation } from '../../ingest/judge/validate.js';
import { type Validator, validatorOf } from '../../ingest/judge/validator.js';
import type { Landed } from '../../ingest/land/land.js';
import { openDelivery } from '../../ingest/open-delivery.js';
import { startTally, type Tally } from '../../ingest/quality/tally.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { meaningOf } from '../../ingest/receive/same-file.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { type CancelWatch, watchCancel } from './watch-cancel.js';

/** A batch handed over, authorised. */
export interface Offer {
  id: string;
  call: Call;
  permit: Permit;
  index: PolicyIndex;
  mode: 'snapshot' | 'delta';
  intake: Intake;
  /** Publish it though the same file was published before. */
  again?: boolean;
  /** Called when all has been received and is sound. */
  onLanded?: () => void;
}

/** A delivery on its way. */
export interface Run {
  /** As exchange_owner, its own. */
  client: pg.PoolClient;
  offer: Offer;
  /** As the last committed transaction left it. */
  delivery: Delivery;
  validator: Validator;
  validation: Validation;
  tally: Tally;
  /** What has been read so far. */
  progress: Landed;
  /** Of its bytes (`ingest/same-file.ts`). */
  meaning: string | null;
  watch: CancelWatch;
}

/** Registers the delivery on the connection that it keeps to its end. */
export async function beginDelivery(exchange: Exchange, client: pg.PoolClient, offer: Offer): Promise<Run> {
  const { contract, grant } = offer.permit.access.get('')!;
  const validator = validatorOf(contract, offer.index.catalog.standard);
  const tally = startTally(contract, { now: exchange.clock.now() });
  const derive = await prepareDerivation(client, offer.index.catalog, validator);
  const validation = startValidation(validator, {
    keys: exchange.keys,
    scope: grant.rows,
    mode: offer.mode,
    derive,
    rules: tally.rules,
    turnedAway: tally.turnedAway,
    numbered: offer.intake.numbered,
  });
  const { mode, intake } = offer;
  const standard = offer.index.catalog.standard.version;
  const meaning = meaningOf({ contract, standard, grant, mode, places: derive?.asOf, intake });
  const delivery = await openDelivery(client, {
    id: offer.id,
    lineage: contract.name,
    contract: { id: contract.id, hash: contract.hash },
    application: offer.call.subject.sub,
    grant: grant.id,
    mode,
    mediaType: intake.mediaType,
    meaning,
    node: exchange.node,
  });
  const progress: Landed = { received: 0, rejected: 0, faults: new Map() };
  const watch = watchCancel(exchange, offer.id);
  return { client, offer, delivery, validator, validation, tally, progress, meaning, watch };
}
