import type { Ended } from '../../ingest/publish/publish.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Problem } from '../../platform/errors.js';
import type { Call } from '../call.js';
import { deliver } from '../deliver.js';
import type { Exchange } from '../exchange.js';
import { authoriseDelivery } from './authorise-delivery.js';

export interface DeliveryRun {
  /** client_id of the publisher's application; its deliver grant decides. */
  application: string;
  contractId: string;
  mode: 'snapshot' | 'delta';
  intake: Intake;
  /** UUID. Default: a new one. */
  id?: string;
}

/**
 * A delivery that the exchange itself carries out for an application: a pulled source, or a package from across a gap.
 * The decision is the same as for a call of the application, without a token, so a withdrawn grant or a disabled
 * application ends it.
 * @throws Problem as `deliver`, or the code of the denial, which is recorded; the intake is closed in any case
 */
export async function deliverAs(exchange: Exchange, run: DeliveryRun): Promise<Ended> {
  const call = callAs(exchange, run.application);
  const authorised = await authoriseDelivery(exchange, call, run.contractId).catch(async (error) => {
    await run.intake.close?.();
    throw error;
  });
  if (authorised.outcome === 'deny') {
    await run.intake.close?.();
    throw new Problem(authorised.denial.code);
  }
  const { permit, index } = authorised;
  const { mode, intake } = run;
  return deliver(exchange, { id: run.id ?? exchange.clock.uuid(), call, permit, index, mode, intake });
}

/** A call by the exchange for an application: from no address, at the current time. */
export function callAs(exchange: Exchange, application: string): Call {
  const issuedAt = Math.floor(exchange.clock.now() / 1_000);
  const subject = {
    issuer: exchange.config.publicUrl,
    sub: application,
    audience: 'data',
    issuedAt,
    expiresAt: Number.MAX_SAFE_INTEGER,
  } as const;
  return {
    subject,
    request: exchange.clock.uuid(),
    address: 'exchange',
    purpose: undefined,
    grant: undefined,
    caseNumber: undefined,
    operator: undefined,
  };
}
