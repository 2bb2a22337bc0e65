import type { Ended } from '../../ingest/publish/publish.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Problem } from '../../platform/errors.js';
import type { Call } from '../call.js';
import { deliver } from '../deliver.js';
import type { Exchange } from '../exchange.js';
import { authoriseDelivery } from './authorise-delivery.js';

export interface DeliveryRun {
  /** client_id of the publisher's application whose deliver grant decides. */
  application: string;
  contractId: string;
  mode: 'snapshot' | 'delta';
  intake: Intake;
  /** UUID; a new one where it is left out. */
  id?: string;
}

/**
 * A delivery that the exchange carries out itself for an application: a pulled source, a package that crossed a gap. It is decided as if the
 * application had called, so a withdrawn grant or a disabled application ends it; only the token is missing, because nobody calls.
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

/** What the exchange does on an application's behalf: issued now, by itself, from no address. */
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
