import type { Taker } from './refuse-step.js';
import type { AccessRequest } from './request.js';

/** Roles that see the requests of every department, once they are submitted. */
export const SEES_ALL: readonly string[] = ['authority-reviewer', 'security-auditor'];

/** Whether somebody sees a request. A draft is its department's own business; to others there is no such request. */
export function seesRequest(request: Pick<AccessRequest, 'state' | 'department' | 'provider'>, taker: Taker): boolean {
  if (taker === undefined || taker.department === request.department) return true;
  if (request.state === 'draft' || request.state === 'approved') return false;
  return taker.department === request.provider || taker.roles.some((role) => SEES_ALL.includes(role));
}
