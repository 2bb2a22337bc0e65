import { decide } from '../../access/policy/decide.js';
import type { Access, FieldAccess } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Contract } from '../../catalog/contract.js';
import type { Call } from '../call.js';
import { callAs } from '../delivering/deliver-as.js';
import type { Exchange } from '../exchange.js';

export const PURPOSE = 'data-quality';

/** A dataset that the run may read. */
export interface GrantedRead {
  contract: Contract;
  access: Access;
  /** ms since the epoch. */
  notAfter: number;
}

export function readingCall(exchange: Exchange, application: string): Call {
  return { ...callAs(exchange, application), purpose: PURPOSE };
}

/**
 * The newest majors of landed datasets that the caller's grants allow it to read for data quality; denied ones are left
 * out.
 */
export function grantedReads(exchange: Exchange, call: Call, index: PolicyIndex): GrantedRead[] {
  const newest = new Map<string, Contract>();
  for (const contract of index.catalog.contracts.values()) {
    const { kind } = contract.delivery.source;
    if (kind === 'derived' || kind === 'proxy' || contract.major < (newest.get(contract.name)?.major ?? 0)) continue;
    newest.set(contract.name, contract);
  }
  const application = index.applications.get(call.subject.sub);
  const asked = { subject: call.subject, application, call, index, now: exchange.clock.now(), mode: 'read' as const };
  const nothing = { fields: undefined, relations: new Map<string, never>() };
  return [...newest.values()].flatMap((contract): GrantedRead[] => {
    const ask = { contract, target: { kind: 'page' as const }, selection: nothing, partial: true };
    const decision = decide({ ...asked, ask });
    if (decision.outcome === 'deny') return [];
    return [{ contract, access: decision.root, notAfter: decision.notAfter }];
  });
}

/** The field, if it may be compared: granted and not masked (it may be masked in rows about children). */
export function openField(access: Access, name: string | undefined): FieldAccess | undefined {
  const field = name === undefined ? undefined : access.fields.get(name);
  return field?.mask === 'none' ? field : undefined;
}
