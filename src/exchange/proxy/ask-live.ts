import type { Access, Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { upstreamId } from '../../access/upstreams/upstream.js';
import type { Draft } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import { rowId } from '../../catalog/row-id.js';
import { type ProxySource, proxyOf } from '../../catalog/source-terms.js';
import { validatorOf } from '../../ingest/judge/validator.js';
import { itemAt } from '../../platform/known.js';
import type { Ask } from '../../query/ask.js';
import { askedLive, LIVE_KEYS_AT_MOST, liveKeys } from '../../query/live-keys.js';
import type { Value } from '../../standard/type.js';
import type { DecidedAsks } from '../answering/outcome.js';
import { actorOf, canonicalAsk, stated } from '../answering/record.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { readReply } from './read-reply.js';

/** Records of the live asks (`ingest/publish/live-row.ts`). */
export type LiveRecords = ReadonlyMap<Ask, string>;

/** The calls of one answer to departments' interfaces, over all its attempts. */
export interface Live {
  fetch(decided: DecidedAsks): Promise<LiveRecords>;
  /** Indexes of the entries of these calls. */
  readonly asked: readonly number[];
}

interface Wanted {
  ask: Ask;
  permit: Permit;
  access: Access;
  source: ProxySource;
  keys: readonly (readonly Value[])[];
  /** Equal identity, equal records: grant version, contract, purpose, standard, keys. */
  identity: string;
}

/**
 * Asks each interface once: first the entry, then the calls for all keys in parallel. If the policy changes later, the
 * records are used again only under the very same grant.
 */
export function openLive(exchange: Exchange, call: Call): Live {
  const held = new Map<string, string>();
  const asked: number[] = [];
  return {
    asked,
    async fetch(decided) {
      const { index } = decided;
      const wanted = wantedOf(decided);
      const missing = wanted.filter(({ identity, keys }) => !held.has(identity) && keys.length > 0);
      if (missing.length > 0) {
        const { receipt } = await enter(exchange.log, askedEntry({ call, index, wanted: missing }));
        asked.push(receipt.index);
        const found = await Promise.all(
          missing.map(async (each) => [each.identity, await recordsOf(exchange, { call, index }, each)] as const),
        );
        for (const [identity, records] of found) held.set(identity, records);
      }
      return new Map(wanted.map(({ ask, identity }) => [ask, held.get(identity) ?? '[]']));
    },
  };
}

function wantedOf({ index, asks, decisions }: DecidedAsks): Wanted[] {
  const wanted = asks.flatMap((ask, i): Wanted[] => {
    const permit = itemAt(decisions, i);
    if (permit.outcome === 'deny') return [];
    const access = permit.root;
    const source = proxyOf(access.contract);
    if (source === undefined) return [];
    const keys = liveKeys(ask, access).filter((key) => key !== null);
    const { version } = index.catalog.standard;
    return [
      { ask, permit, access, source, keys, identity: JSON.stringify([access.key, permit.purpose, version, keys]) },
    ];
  });
  const keys = wanted.reduce((sum, each) => sum + keysAsked(each.ask), 0);
  if (keys > LIVE_KEYS_AT_MOST) throw askedLive();
  return wanted;
}

/** Counts malformed keys too: the limit must not depend on their form. */
function keysAsked({ target }: Ask): number {
  return target.kind === 'keys' ? target.keys.length : 1;
}

/** The department is about to be asked, for so many keys; the keys are in the sealed part. */
function askedEntry({ call, index, wanted }: { call: Call; index: PolicyIndex; wanted: readonly Wanted[] }): Draft {
  const ask = canonicalAsk(wanted.map((each) => each.ask));
  return {
    request: call.request,
    event: 'proxy.asked',
    outcome: 'success',
    actor: actorOf(call, index),
    accesses: wanted.map(({ access: { contract, grant }, permit }) => ({
      dataset: contract.name,
      major: contract.major,
      release: null,
      grant: grant.id,
      version: grant.version,
      purpose: permit.purpose,
      decision: 'permit',
      fields: [],
      masks: [],
      rows: null,
    })),
    query: ask,
    detail: {
      asked: wanted.map(({ access: { contract }, source, keys }) => ({
        upstream: upstreamId(contract.publisher, source.upstream),
        keys: keys.length,
      })),
    },
    sealed: { ...stated(call), ask },
    epoch: index.epoch,
    notAfter: Math.min(...wanted.map(({ permit }) => permit.notAfter)),
  };
}

/** One call for each distinct key. The first failure fails the ask. */
async function recordsOf(
  exchange: Exchange,
  { call, index }: { call: Call; index: PolicyIndex },
  { access, source, keys }: Wanted,
): Promise<string> {
  const { contract } = access;
  const validator = validatorOf(contract, index.catalog.standard);
  const distinct = new Map(keys.map((key) => [rowId(exchange.keys, contract.name, key), key]));
  const records = await Promise.all(
    [...distinct].map(async ([rowNumber, key]) => {
      const body = Object.fromEntries(contract.key.map((name, i) => [source.ask[name]!, key[i]]));
      const reply = await exchange.interfaces.ask(contract, source, { body, request: call.request });
      return readReply(reply, source, { validator, keys: exchange.keys, access, rowNumber });
    }),
  );
  return JSON.stringify(records.filter((record) => record !== undefined));
}
