import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** The ways into the database. Each has a role with its rights, and logs in as a user of its own, who has that role and nothing else. */
export const WALLS = {
  /** Dataset tables, staging, publishing, jobs. What it makes must belong to the role, so it works as the role. */
  owner: { role: 'exchange_owner', becomesRole: true },
  /** The platform's tables. */
  app: { role: 'exchange_app', becomesRole: false },
  /** SELECT on published tables. */
  reader: { role: 'exchange_reader', becomesRole: false },
  /** Inserts into the log. */
  audit: { role: 'exchange_audit', becomesRole: false },
} as const;

export type Wall = keyof typeof WALLS;
export const WALL_NAMES: readonly Wall[] = ['owner', 'app', 'reader', 'audit'];

const STATEMENT_MS = 15_000;
/** Every text form that we read from the server depends on these. */
const FORMS = {
  search_path: 'pg_catalog, pg_temp',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  standard_conforming_strings: 'on',
};

/** The settings that a session of this wall must have, as `pg_settings` shows them (times in ms). `readMs`: of one statement of the reader. */
export function settingsOf(wall: Wall, readMs: number): Record<string, string> {
  const limits = {
    owner: {},
    app: { statement_timeout: String(STATEMENT_MS) },
    audit: { statement_timeout: String(STATEMENT_MS) },
    reader: { statement_timeout: String(readMs), default_transaction_read_only: 'on', jit: 'off' },
  };
  return { ...FORMS, ...limits[wall] };
}

/** A user name is one for the whole server, so it carries the database: its name's SHA-256, 8 hex digits. */
export function loginName(wall: Wall, database: string): string {
  return `${WALLS[wall].role}_${createHash('sha256').update(database).digest('hex').slice(0, 8)}`;
}

/** The same on every node that has the key. */
export function loginPassword(key: Buffer, login: string): string {
  return createHmac('sha256', key).update(`password of ${login}`).digest('base64url');
}

const ITERATIONS = 4_096;

/**
 * What PostgreSQL keeps of a password (RFC 5803): we send this, so that the password is in no statement and no log of the server. The salt follows
 * from the key, so that nodes which start together write the same.
 */
export function scramVerifier(key: Buffer, login: string): string {
  const salt = createHmac('sha256', key).update(`salt of ${login}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(loginPassword(key, login), salt, ITERATIONS, 32, 'sha256');
  const mac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(mac('Client Key')).digest('base64');
  const server = mac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
