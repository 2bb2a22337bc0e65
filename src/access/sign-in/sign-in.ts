import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Refusals } from '../identity/refusals.js';
import type { Person } from '../people/person.js';
import type { Policy } from '../policy/policy.js';
import { readCredential } from './credential.js';
import { isPassword } from './password.js';
import { forgiveAttempt, takeAttempt } from './pauses.js';
import { spendCode } from './second-factor.js';
import type { Secrets } from './secrets.js';

export interface SignInDependencies {
  database: Database;
  policy: Pick<Policy, 'current'>;
  clock: Clock;
  secrets: Secrets;
  refusals: Refusals;
}

export interface SigningIn {
  login: string;
  password: string;
  /** TOTP or recovery code. */
  code: string;
  address: string;
}

/**
 * The person who has this login, password and code. Which of them is wrong is not said. Throws Problem `unauthenticated`, `rate-limited` with the
 * seconds to wait, `unavailable`.
 */
export async function signIn(dependencies: SignInDependencies, given: SigningIn): Promise<Person> {
  const { database, policy, secrets, refusals } = dependencies;
  const { login, address } = given;
  const attempt = { login: login.slice(0, 64), address };
  try {
    await takeAttempt(database, attempt);
  } catch (error) {
    refusals.note('login.failed', address, 'too-many');
    throw error;
  }
  const person = policy.current().people.get(login);
  const found = person?.status === 'active' ? await readCredential(database, secrets, person) : undefined;
  const isRight = await isPassword(found?.password, given.password);
  const spending = { login, secret: found?.totp ?? '', code: given.code };
  if (person === undefined || !isRight || !(await spendCode(dependencies, spending))) {
    refusals.note('login.failed', address, 'wrong-credentials');
    throw new Problem('unauthenticated', 'Login, password or code is wrong');
  }
  await forgiveAttempt(database, attempt);
  return person;
}
