import { hostname, userInfo } from 'node:os';
import type { By } from '../../../access/policy/change-policy.js';
import { systemClock } from '../../../platform/clock.js';

/** Who acts is the account of the system, on this host; a client id has no space in it. */
export function byAccount(command: string): By {
  const actor = {
    issuer: `host:${hostname()}`,
    subject: userInfo().username,
    application: command,
    department: 'exchange',
  };
  return { actor, request: systemClock.uuid() };
}
