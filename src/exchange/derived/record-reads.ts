import type pg from 'pg';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { EntryAccess } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import type { Contract } from '../../catalog/contract.js';
import { known } from '../../platform/known.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { countSql } from '../../query/datasets/compare.js';
import { actorOf, stated } from '../answering/record.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import type { Computed } from './computing.js';
import { type GrantedRead, PURPOSE } from './granted-reads.js';

interface Recording {
  call: Call;
  index: PolicyIndex;
  /** The derived contract. */
  contract: Contract;
  used: Computed['used'];
}

/**
 * Writes the entry of what a run will read: each dataset with release, grant, fields and row count in scope, from the
 * snapshot of the run. No grant: no entry.
 * @throws Problem audit-unavailable; Overtaken
 */
export async function recordReads(
  exchange: Exchange,
  client: pg.ClientBase,
  { call, index, contract, used }: Recording,
): Promise<void> {
  if (used.size === 0) return;
  const accesses: EntryAccess[] = [];
  for (const [read, fields] of used) accesses.push(await accessOf(client, read, [...fields]));
  await enter(exchange.log, {
    request: call.request,
    event: 'derived.read',
    outcome: 'success',
    actor: actorOf(call, index),
    accesses,
    detail: { derived: contract.id },
    sealed: { ...stated(call), ask: { derived: contract.id } },
    epoch: index.epoch,
    notAfter: Math.min(...[...used.keys()].map(({ notAfter }) => notAfter)),
  });
}

async function accessOf(client: pg.ClientBase, read: GrantedRead, fields: readonly string[]): Promise<EntryAccess> {
  const { contract, access } = read;
  const { text, values } = countSql(access);
  const counted = await client.query<{ rows: string }>(text, values);
  const { rows: lines } = await client.query<{ release: string }>('SELECT release FROM exchange.line WHERE name = $1', [
    contract.name,
  ]);
  return {
    dataset: contract.name,
    major: contract.major,
    release: lines[0] === undefined ? null : Number(lines[0].release),
    grant: access.grant.id,
    version: access.grant.version,
    purpose: PURPOSE,
    decision: 'permit',
    fields,
    masks: fields.flatMap((name) => {
      const { minorMask } = known(access.fields, name);
      return minorMask === 'none' ? [] : [`${name}=minors:${minorMask}`];
    }),
    rows: Number(oneRow(counted, 'count').rows),
  };
}
