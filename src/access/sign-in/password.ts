import { hash, verify } from '@node-rs/argon2';
import type { Fault } from '../../platform/errors.js';
import { Problem } from '../../platform/errors.js';

const LENGTH_AT_LEAST = 12;
const LENGTH_AT_MOST = 128;
/** argon2id, the library's default kind, with OWASP's first choice of parameters (memory in KiB). Tests of other things lower it. @internal */
export const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Each holds 19 MiB and a thread. */
const AT_ONCE = 8;

let running = 0;

/** PHC text of argon2id. Throws Problem `unavailable` where too many are hashed at once. */
export function hashPassword(password: string): Promise<string> {
  return bounded(() => hash(password, COST));
}

/** Where nobody has the login, `phc` is undefined and as much work is done: the time tells nothing. Throws as `hashPassword`. */
export async function isPassword(phc: string | undefined, password: string): Promise<boolean> {
  if (password.length > LENGTH_AT_MOST) return false;
  if (phc !== undefined) return bounded(() => verify(phc, password));
  await hashPassword(password);
  return false;
}

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) throw new Problem('unavailable', 'Too many sign-ins at once', { retryAfter: 1 });
  running++;
  try {
    return await work();
  } finally {
    running--;
  }
}

/** NIST SP 800-63B, 3.1.1: length counts, not kinds of characters. */
export function passwordFault(password: string, login: string): Fault | undefined {
  const fault = (reason: string) => ({ parameter: 'password', reason });
  const length = [...password].length;
  if (length < LENGTH_AT_LEAST || password.length > LENGTH_AT_MOST)
    return fault(`The password has ${LENGTH_AT_LEAST} to ${LENGTH_AT_MOST} characters`);
  if (password.toLowerCase().includes(login)) return fault('The password contains the login');
  if (new Set(password).size < 5) return fault('The password repeats few characters');
  return undefined;
}
