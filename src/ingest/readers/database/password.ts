import type { Secret } from '../../../access/upstreams/secret.js';
import { Problem } from '../../../platform/errors.js';

/** Credentials for a database; without a secret there is no login. @throws Problem upstream-refused */
export function passwordOf(secret: Secret | undefined): { user: string; password: string } {
  if (secret?.kind !== 'password') {
    throw new Problem('upstream-refused', "A database needs a user and a password: enter the upstream's secret.");
  }
  return { user: secret.user, password: secret.password };
}
