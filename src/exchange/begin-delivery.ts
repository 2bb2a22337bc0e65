import type pg from 'pg';
import type { Permit } from '../access/policy/decision.js';
import type { PolicyIndex } from '../access/policy/policy.js';
import type { Delivery } from '../ingest/delivery.js';
import type { Intake } from '../ingest/intake.js';
import type { Landed } from '../ingest/land.js';
import { openDelivery } from '../ingest/open-delivery.js';
import { startValidation, type Validation } from '../ingest/validate.js';
import { type Validator, validatorOf } from '../ingest/validator.js';
import type { Call } from './call.js';
import type { Exchange } from './exchange.js';

/** A batch handed over, authorised. */
export interface Offer {
  id: string;
  call: Call;
  permit: Permit;
  index: PolicyIndex;
  mode: 'snapshot' | 'delta';
  intake: Intake;
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
  /** What has been read so far. */
  progress: Landed;
}

/** Registers the delivery on the connection that it keeps to its end. */
export async function beginDelivery(exchange: Exchange, client: pg.PoolClient, offer: Offer): Promise<Run> {
  const { contract, grant } = offer.permit.access.get('')!;
  const validator = validatorOf(contract, offer.index.catalog.standard);
  const validation = startValidation(validator, { keys: exchange.keys, scope: grant.rows, mode: offer.mode });
  const delivery = await openDelivery(client, {
    id: offer.id,
    line: contract.name,
    contract: { id: contract.id, hash: contract.hash },
    application: offer.call.subject.sub,
    grant: grant.id,
    mode: offer.mode,
    mediaType: offer.intake.mediaType,
    node: exchange.node,
  });
  const progress: Landed = { received: 0, rejected: 0, faults: new Map() };
  return { client, offer, delivery, validator, validation, progress };
}
