import { Problem } from '../../../platform/errors.js';
import { Unreadable } from '../source.js';

const SLOW = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|ERR_SSL|EPROTO)/;

/** The error that is reported for a failed call: one clear reason, never the API's own text. */
export function apiProblem(error: unknown): Problem | Unreadable {
  if (error instanceof Problem || error instanceof Unreadable) return error;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const known = typeof code === 'string' ? code : '';
  if (name === 'TimeoutError' || SLOW.has(known)) {
    return new Problem('upstream-failed', 'The interface took too long to answer.', { cause: error });
  }
  if (UNREACHABLE.has(known)) {
    return new Problem('upstream-failed', 'The interface is not reachable.', { cause: error });
  }
  if (UNTRUSTED.test(known)) {
    return new Problem('upstream-refused', "The interface's TLS certificate does not hold.", { cause: error });
  }
  return new Problem('upstream-failed', 'The interface broke off.', { cause: error });
}
