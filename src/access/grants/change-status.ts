import { Problem } from '../../platform/errors.js';
import type { NewChange } from '../policy/change-policy.js';
import type { PolicyIndex } from '../policy/policy.js';
import type { Grant } from './grant.js';

/** From which status an event takes a grant, and to which. */
const CHANGES = {
  'grant.suspended': { from: ['active', 'suspended'], to: 'suspended' },
  'grant.resumed': { from: ['suspended'], to: 'active' },
  'grant.revoked': { from: ['active', 'suspended'], to: 'revoked' },
} as const satisfies Record<string, { from: readonly Grant['status'][]; to: Grant['status'] }>;

export type StatusEvent = keyof typeof CHANGES;

/** The record of a grant with its next status. Throws Problem `not-found`, or `conflict` where it has another status than the event needs. */
export function statusRecord(index: PolicyIndex, id: string, event: StatusEvent): NewChange {
  const grant = index.grants.get(id);
  if (grant === undefined) throw new Problem('not-found', 'No such grant');
  const from: readonly Grant['status'][] = CHANGES[event].from;
  if (!from.includes(grant.status)) throw new Problem('conflict', `The grant is ${grant.status} already`);
  const { version: _, held: __, ...document } = grant;
  const held = event === 'grant.suspended' ? { held: true } : {};
  return { kind: 'grant', id, document: { ...document, ...held, status: CHANGES[event].to }, event };
}
