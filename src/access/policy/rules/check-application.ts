import type { Application, Subject } from '../../identity/subject.js';
import type { Denial } from '../decision.js';
import { deny } from '../deny.js';

/** The caller is a registered, active application. Its token is newer than the last revocation of one of its keys. */
export function checkApplication(
  subject: Subject,
  application: Application | undefined,
  nowMs: number,
): Denial | undefined {
  if (application === undefined || application.clientId !== subject.sub) return refuse('no such application');
  if (application.status === 'suspended') {
    return deny('check-application', 'suspended', {
      reason: 'the application was suspended by a new origin of the log',
    });
  }
  if (application.status !== 'active') return refuse('the application is disabled');
  if (subject.issuedAt < application.tokensNotBefore) return refuse('the token is older than a revoked key');
  if (subject.expiresAt * 1_000 <= nowMs) return refuse('the token has expired');
  return undefined;
}

function refuse(reason: string): Denial {
  return deny('check-application', 'unauthenticated', { reason });
}
