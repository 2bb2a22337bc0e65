import { errorCode, Problem } from '../../../platform/errors.js';
import { Unreadable } from '../source.js';

/** Codes of PostgreSQL (SQLSTATE) and of the MySQL driver, by what they mean here. */
const REFUSED = new Set([
  ...['28P01', '28000', '3D000', '42501'],
  ...[
    'ER_ACCESS_DENIED_ERROR',
    'ER_DBACCESS_DENIED_ERROR',
    'ER_TABLEACCESS_DENIED_ERROR',
    'ER_COLUMNACCESS_DENIED_ERROR',
  ],
  ...['ER_BAD_DB_ERROR', 'ER_ACCOUNT_HAS_BEEN_LOCKED'],
]);
const TOO_SLOW = new Set([
  ...['57014', '25P03', 'ER_QUERY_TIMEOUT', 'ER_STATEMENT_TIMEOUT', 'PROTOCOL_SEQUENCE_TIMEOUT'],
  'ER_QUERY_INTERRUPTED',
]);
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|HANDSHAKE)/;

/**
 * The error that is reported for a failure of a department's database: one clear reason, never the database's own text,
 * which quotes values. `upstream-refused`: a retry does not help.
 */
export function sourceProblem(error: unknown): Problem | Unreadable {
  if (error instanceof Problem || error instanceof Unreadable) return error;
  const message = error instanceof Error ? error.message : '';
  const name = errorCode(error) ?? '';
  if (REFUSED.has(name)) {
    return new Problem('upstream-refused', 'The source refuses our user, password or reading right.', { cause: error });
  }
  if (TOO_SLOW.has(name) || message === 'Query read timeout') {
    return new Problem('upstream-failed', 'The source took too long for a statement.', { cause: error });
  }
  if (UNTRUSTED.test(name) || /does not support SSL|secure connection/.test(message)) {
    return new Problem('upstream-refused', "The source's TLS certificate does not hold.", { cause: error });
  }
  if (name === 'ECONNREFUSED' || name === 'ETIMEDOUT' || name === 'EHOSTUNREACH' || name === 'ENETUNREACH') {
    return new Problem('upstream-failed', 'The source is not reachable.', { cause: error });
  }
  return new Problem('upstream-failed', 'The source broke off.', { cause: error });
}

export function absentTable(): Unreadable {
  return new Unreadable(0, 'table', 'the source has no such table or view, or its user may not see it');
}
