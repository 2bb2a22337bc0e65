import { errorCode, Problem, SettingError } from '../../errors.js';
import { SessionRefusal } from './session-refusal.js';

type Cause = readonly [kind: 'setting' | 'unavailable' | 'refused', line: string];

/** By SQLSTATE (PostgreSQL, appendix A), or the code of the system or of TLS. */
const CAUSES: Readonly<Record<string, Cause>> = {
  '28P01': ['setting', 'PostgreSQL does not accept this user with this password'],
  '28000': [
    'setting',
    'PostgreSQL lets this user in neither from here nor in this way (pg_hba.conf, TLS, or the role is no login)',
  ],
  '3D000': ['setting', "the database does not exist: CREATE DATABASE … OWNER … ENCODING 'UTF8' TEMPLATE template0"],
  '42501': ['refused', 'The user of DATABASE_URL lacks a right: it must own the database and have CREATEROLE'],
  '53100': ['unavailable', 'The disk of PostgreSQL is full: free space there'],
  '53300': ['unavailable', 'PostgreSQL has no free connection: raise max_connections, or stop other clients'],
  '57P03': ['unavailable', 'PostgreSQL is starting, stopping or recovering: try again'],
  '25006': ['setting', 'this PostgreSQL is read-only: name the primary'],
  ENOTFOUND: ['setting', 'the host is not known (ENOTFOUND)'],
  EAI_AGAIN: ['unavailable', 'The name of the PostgreSQL host cannot be resolved now (EAI_AGAIN)'],
  ECONNREFUSED: ['unavailable', 'No PostgreSQL listens at the address of DATABASE_URL (ECONNREFUSED)'],
  ENOENT: ['unavailable', 'No PostgreSQL listens on the socket of DATABASE_URL (ENOENT)'],
  EACCES: ['setting', 'no permission to open the socket of PostgreSQL (EACCES)'],
};

const NO_ROUTE = /^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EHOSTDOWN)$/;
const UNTRUSTED = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/**
 * What an operator reads when a start fails at the database: one line with the cause and, where one exists, the remedy. A SettingError where
 * DATABASE_URL must change, Problem `unavailable` where the server may come back, else Problem `internal`. A Problem or SettingError passes.
 */
export function startRefusal(error: unknown): Error {
  if (error instanceof Problem && error.cause instanceof Error) return startRefusal(error.cause);
  if (error instanceof Problem || error instanceof SettingError) return error;
  if (error instanceof SessionRefusal) return new Problem('internal', error.message, { cause: error });
  const [kind, line] = causeOf(error);
  if (kind === 'setting') return new SettingError('DATABASE_URL', line);
  return new Problem(kind === 'unavailable' ? 'unavailable' : 'internal', `${line}.`, { cause: error });
}

function causeOf(error: unknown): Cause {
  const code = errorCode(error) ?? '';
  const text = lastLine(error);
  const known = CAUSES[code];
  if (code === '42501' && known !== undefined) return [known[0], `${known[1]} (${text})`];
  if (known !== undefined) return known;
  if (NO_ROUTE.test(code)) return ['unavailable', `The host of DATABASE_URL cannot be reached (${code})`];
  if (UNTRUSTED.test(code))
    return ['setting', `the certificate of PostgreSQL is not trusted (${code}): give sslrootcert`];
  if (/does not support SSL/.test(text)) return ['setting', 'PostgreSQL there offers no TLS, and sslmode demands it'];
  if (/timeout|terminated/.test(text)) return ['unavailable', `PostgreSQL does not answer (${text})`];
  return ['refused', `PostgreSQL refused a statement of the start: ${text}${code === '' ? '' : ` (${code})`}`];
}

/** knex puts the whole statement, many lines of SQL, before PostgreSQL's own words. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n').at(-1) ?? '').split(' - ').at(-1)?.trim() ?? '';
}
