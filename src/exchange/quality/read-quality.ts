import { isWhole } from '../../access/grants/row-scope.js';
import { decideQuality } from '../../access/policy/decide.js';
import type { Denial, Permit } from '../../access/policy/decision.js';
import type { Receipt } from '../../audit/entry.js';
import { enter, recorded } from '../../audit/recorded.js';
import type { Contract } from '../../catalog/contract.js';
import { Problem } from '../../platform/errors.js';
import type { Call } from '../call.js';
import { deniedEntry, qualityEntry } from '../delivering/delivery-entries.js';
import type { Exchange } from '../exchange.js';

/** Who reads, as far as what it may see depends on it. */
export interface Reader {
  contract: Contract;
  application: string;
  /** It delivers: all that is told of what it delivers itself. */
  delivers: boolean;
  /** It delivers all rows of the dataset: all that is told. */
  deliversAll: boolean;
}

export interface Told {
  body: unknown;
  release: number | null;
}

export type QualityAnswer =
  | { outcome: 'told'; text: string; receipt: Receipt }
  /** Recorded; the caller is told `denial.code`. */
  | { outcome: 'deny'; denial: Denial; receipt: Receipt };

/**
 * What is known of a dataset's quality, to whoever holds a grant on it: decided, read, recorded, and only then told. `read` finds what this
 * reader may see, undefined where there is nothing.
 * @throws Problem not-found where there is no report, unavailable, or what `read` throws
 */
export async function readQuality(
  exchange: Exchange,
  asked: { call: Call; contractId: string },
  read: (reader: Reader) => Promise<Told | undefined>,
): Promise<QualityAnswer> {
  const { call, contractId } = asked;
  return recorded(
    exchange.policy,
    (index) => {
      const application = index.applications.get(call.subject.sub);
      const asking = { subject: call.subject, application, call, index, now: exchange.clock.now() };
      return decideQuality({ ...asking, contract: { id: contractId } });
    },
    async (decision, index) => {
      if (decision.outcome === 'deny') {
        const draft = deniedEntry(call, index, { contractId, denial: decision });
        const { receipt } = await enter(exchange.log, { ...draft, event: 'data.denied' });
        return { outcome: 'deny', denial: decision, receipt };
      }
      const told = await read(readerOf(call, decision));
      const text = told === undefined ? undefined : JSON.stringify(told.body);
      const draft = qualityEntry({ call, index, permit: decision }, told?.release ?? null);
      const { receipt } = await enter(exchange.log, { ...draft, ...(text === undefined ? {} : { answer: text }) });
      if (text === undefined) throw new Problem('not-found', 'There is no quality report of it.');
      return { outcome: 'told', text, receipt };
    },
  );
}

function readerOf(call: Call, permit: Permit): Reader {
  const { contract, grant } = permit.access.get('')!;
  const delivers = grant.mode === 'deliver';
  return { contract, application: call.subject.sub, delivers, deliversAll: delivers && isWhole(grant.rows) };
}
