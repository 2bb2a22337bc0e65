import type { Receipt } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { shanghaiDate } from '../../platform/clock.js';
import { itemAt } from '../../platform/known.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import type { DecidedAsks, Presented } from './outcome.js';
import { actorOf, canonicalAsk, stated } from './record.js';

const NO_BODY = '';

export interface Confirmed extends Presented {
  outcomes: [];
  receipt: Receipt;
  etag: string;
  release: number;
}

/**
 * Answers 304 without a query: this node gave the caller this answer under the same grants, purpose, query, releases
 * and day. The entry names the entry of that answer. Undefined if this can't be confirmed; the ask then gets a full
 * answer.
 */
export async function confirm(
  exchange: Exchange,
  { index, asks: [ask], decisions: [decision] }: DecidedAsks,
  { call, etag: held }: { call: Call; etag: string },
): Promise<Confirmed | undefined> {
  if (ask === undefined || decision?.outcome !== 'permit') return undefined;
  // Nobody knows whether data that is asked live is still the same.
  if ([...decision.access.values()].some((access) => proxyOf(access.contract) !== undefined)) return undefined;
  const releases: number[] = [];
  for (const { contract } of decision.access.values()) {
    const release = exchange.releases.release(contract.name);
    if (release === undefined) return undefined;
    releases.push(release);
  }
  const query = canonicalAsk([ask]);
  const etag = exchange.etags.of(decision, query, releases, shanghaiDate(exchange.clock.now()));
  const confirms = exchange.etags.entryOf(etag);
  if (confirms === undefined || !matches(held, etag)) return undefined;
  const { receipt } = await enter(exchange.log, {
    request: call.request,
    event: 'data.read',
    outcome: 'success',
    actor: actorOf(call, index),
    accesses: [...decision.access.values()].map(({ contract, grant }, a) => ({
      dataset: contract.name,
      major: contract.major,
      release: itemAt(releases, a),
      grant: grant.id,
      version: grant.version,
      purpose: decision.purpose,
      decision: 'permit',
      fields: [],
      masks: [],
      rows: 0,
    })),
    query,
    sealed: { ...stated(call), ask: query },
    detail: { confirms },
    epoch: index.epoch,
    notAfter: decision.notAfter,
  });
  return { status: 304, body: NO_BODY, outcomes: [], receipt, etag, release: itemAt(releases, 0) };
}

/**
 * If-None-Match is a list of tags, compared weakly (RFC 9110, 13.1.2). `*` only asks whether anything exists, so it
 * gets a full answer.
 */
function matches(header: string, etag: string): boolean {
  return header.split(',').some((candidate) => candidate.trim() === etag || `W/${candidate.trim()}` === etag);
}
