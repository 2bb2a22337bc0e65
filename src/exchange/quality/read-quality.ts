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

/** The reader: what it may see depends on these. */
export interface QualityReader {
  contract: Contract;
  application: string;
  /** It delivers: it sees everything about its own deliveries. */
  delivers: boolean;
  /** It delivers all rows of the dataset, so it sees everything. */
  deliversAll: boolean;
}

export interface Told {
  body: unknown;
  release: number | null;
}

export type QualityAnswer =
  | { outcome: 'told'; text: string; receipt: Receipt }
  /** Recorded. The caller gets `denial.code`. */
  | { outcome: 'deny'; denial: Denial; receipt: Receipt };

/**
 * A dataset's quality, for every holder of a grant on it: decided, read and recorded before it is returned. `read`
 * returns what this reader may see, or undefined.
 * @throws Problem not-found if there is no report, unavailable, or what `read` throws
 */
export async function readQuality(
  exchange: Exchange,
  asked: { call: Call; contractId: string },
  read: (reader: QualityReader) => Promise<Told | undefined>,
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
      const entry = { ...draft, ...(text === undefined ? {} : { answer: text }) };
      const { receipt, sentAt } = await enter(exchange.log, entry);
      if (text === undefined) throw new Problem('not-found', 'There is no quality report of it.');
      call.recipient?.takes(text.length, sentAt);
      return { outcome: 'told', text, receipt };
    },
  );
}

function readerOf(call: Call, permit: Permit): QualityReader {
  const { contract, grant } = permit.root;
  const delivers = grant.mode === 'deliver';
  return { contract, application: call.subject.sub, delivers, deliversAll: delivers && isWhole(grant.rows) };
}
