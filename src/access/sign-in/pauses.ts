import { Problem } from '../../platform/errors.js';
import type { Database } from '../../platform/postgres/database.js';
import { addressPrefix } from '../identity/refusals.js';

/** Seconds to wait after the first, second … failed sign-in; after the last as long again each time. 15 quiet minutes begin anew. @internal */
export const PAUSES: readonly number[] = [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900];
/** Many people share an address: more failures are free. */
const ADDRESS_PAUSES: readonly number[] = [...Array<number>(26).fill(0), ...PAUSES];
const QUIET_SECONDS = 900;

export interface SignInAttempt {
  login: string;
  address: string;
}

type Counter = readonly [who: string, pauses: readonly number[]];

/**
 * Counts an attempt before its password is looked at, so that a thousand at once are not all let through. From an address where the person has signed
 * in before, only failures from there count: a stranger elsewhere locks nobody out. Throws Problem `rate-limited` with the seconds to wait.
 */
export async function takeAttempt(database: Database, attempt: SignInAttempt): Promise<void> {
  for (const counter of await countersOf(database, attempt)) {
    const seconds = await count(database, counter);
    if (seconds > 0)
      throw new Problem('rate-limited', `Too many failed sign-ins: wait ${seconds} seconds`, { retryAfter: seconds });
  }
}

/** The attempt was no failure. */
export async function forgiveAttempt(database: Database, { login, address }: SignInAttempt): Promise<void> {
  await database.app.query('DELETE FROM exchange.sign_in_failure WHERE who = ANY ($1)', [
    [pairOf({ login, address }), `account:${login}`],
  ]);
  await database.app.query('UPDATE exchange.sign_in_failure SET failures = greatest(failures - 1, 0) WHERE who = $1', [
    `address:${addressPrefix(address)}`,
  ]);
}

function pairOf({ login, address }: SignInAttempt): string {
  return `account:${login} ${addressPrefix(address)}`;
}

async function countersOf(database: Database, attempt: SignInAttempt): Promise<Counter[]> {
  const { rowCount } = await database.app.query(
    `SELECT 1 FROM exchange.session WHERE login = $1 AND address = $2 AND began_at > now() - interval '90 days' LIMIT 1`,
    [attempt.login, attempt.address],
  );
  const own: Counter = [pairOf(attempt), PAUSES];
  if (rowCount === 1) return [own];
  return [own, [`account:${attempt.login}`, PAUSES], [`address:${addressPrefix(attempt.address)}`, ADDRESS_PAUSES]];
}

/** Counts one failure in advance where no pause runs; else the seconds that are left. Of two at once one waits for the row: `now()` would be before its pause. */
async function count(database: Database, [who, pauses]: Counter): Promise<number> {
  const { rows } = await database.app.query<{ seconds: number }>(
    `WITH counted AS (
       INSERT INTO exchange.sign_in_failure AS f (who, failures, blocked_until)
       VALUES ($1, 1, clock_timestamp() + make_interval(secs => ($2::int[])[1]))
       ON CONFLICT (who) DO UPDATE SET last_at = clock_timestamp(),
         failures = CASE WHEN f.blocked_until < clock_timestamp() - make_interval(secs => $3) THEN 1 ELSE f.failures + 1 END,
         blocked_until = clock_timestamp() + make_interval(secs => CASE WHEN f.blocked_until < clock_timestamp() - make_interval(secs => $3)
           THEN ($2::int[])[1] ELSE ($2::int[])[least(f.failures + 1, cardinality($2::int[]))] END)
       WHERE f.blocked_until <= clock_timestamp()
       RETURNING 0 AS seconds)
     SELECT seconds FROM counted
     UNION ALL
     SELECT ceil(extract(epoch FROM blocked_until - clock_timestamp()))::int FROM exchange.sign_in_failure
     WHERE who = $1 AND NOT EXISTS (SELECT FROM counted)`,
    [who, pauses, QUIET_SECONDS],
  );
  return Math.max(rows[0]?.seconds ?? 1, rows[0]?.seconds === 0 ? 0 : 1);
}
