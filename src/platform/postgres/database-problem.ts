import { errorCode, Problem } from '../errors.js';
import { SessionRefusal } from './sessions/session-refusal.js';

/** SQLSTATE classes of a server that can't serve now: connection, resources, operator intervention, system, too many connections. */
const UNAVAILABLE = /^(08|53|57P|58)|^(55P03|25006|40001|40P01)$/;
const QUERY_CANCELED = '57014';
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * What a caller may learn of a failure: never the database's text. A Problem passes unchanged. A lost or unreachable server → `unavailable`, a
 * statement over its time → `timeout`, anything else → `internal`.
 */
export function databaseProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (errorCode(error) === QUERY_CANCELED) return new Problem('timeout', undefined, { cause: error });
  if (isUnavailable(error))
    return new Problem('unavailable', 'The database is not reachable.', { retryAfter: 1, cause: error });
  return new Problem('internal', undefined, { cause: error });
}

/** Whether the server was lost, unreachable or full: a retry may succeed. */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof SessionRefusal) return true;
  if ('syscall' in error && error.syscall !== undefined) return true;
  const code = errorCode(error);
  if (code !== undefined && SQLSTATE.test(code)) return UNAVAILABLE.test(code);
  // `pg` reports a broken connection without a code.
  return /^(Connection terminated|Client (was closed|has encountered)|timeout e|Query read timeout|Cannot use a pool)/.test(
    error.message,
  );
}
