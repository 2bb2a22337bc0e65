import type { Contract } from '../catalog/contract.js';
import { isPulled, type SourceTerms } from '../catalog/source-terms.js';
import type { Intake } from '../ingest/intake.js';
import type { Ended } from '../ingest/publish.js';
import { Problem } from '../platform/errors.js';
import { deliverAs } from './deliver-as.js';
import type { Exchange } from './exchange.js';

/** How one kind of source becomes a delivery. */
type OpenIntake = (exchange: Exchange, contract: Contract) => Promise<Intake>;

/** By kind; what is not here is delivered by its publisher, or asked live. */
const INTAKES: Partial<Record<SourceTerms['kind'], OpenIntake>> = {};

/**
 * One run of a pulled source (取数): its rows become a delivery of the application that the contract names, whole or from the watermark on.
 * @throws Problem not-found, unprocessable (nothing to pull), or as `deliverAs`: the run has failed, and the last release stands
 */
export async function runSource(exchange: Exchange, contractId: string): Promise<Ended> {
  const contract = exchange.policy.current().catalog.contracts.get(contractId);
  if (contract === undefined) throw new Problem('not-found');
  const { source } = contract.delivery;
  const open = INTAKES[source.kind];
  if (open === undefined || !isPulled(source))
    throw new Problem('unprocessable', 'This dataset has no source to pull.');
  const intake = await open(exchange, contract);
  const mode = 'watermark' in source && source.watermark !== undefined ? 'delta' : 'snapshot';
  return deliverAs(exchange, { application: source.application, contractId, mode, intake });
}
