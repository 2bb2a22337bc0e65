import type pg from 'pg';
import { DURABILITY, durabilityFault } from './durability.js';
import { SessionRefusal } from './session-refusal.js';
import { loginName, settingsOf, WALLS, type Wall } from './walls.js';

export interface SessionTerms {
  wall: Wall;
  database: string;
  /** ms, for one statement of the reader. */
  readMs: number;
}

const REPLY_MS = 5_000;

/**
 * Sets what the session needs, then reads it back: a pooler or a proxy between us and the server may drop, share or change it. These are statements
 * and no startup options, because poolers drop the options. Throws SessionRefusal naming what is missing.
 */
export async function enterSession(client: pg.ClientBase, terms: SessionTerms): Promise<void> {
  const { role, becomesRole } = WALLS[terms.wall];
  const login = loginName(terms.wall, terms.database);
  const settings = settingsOf(terms.wall, terms.readMs);
  const sets = Object.entries(settings).map(
    ([name, value]) => `SET ${name} TO ${value.includes('pg_catalog') ? value : `'${value}'`}`,
  );
  if (becomesRole) sets.push(`SET ROLE ${role}`);
  const expected = {
    ...settings,
    session_user: login,
    current_user: becomesRole ? role : login,
    pg_is_in_recovery: 'false',
  };
  const found = await inTime(client.query(sets.join(';')).then(() => readSession(client, Object.keys(settings))));
  const missing = Object.entries(expected).filter(([name, value]) => found.get(name) !== value);
  if (missing.length > 0) throw new SessionRefusal(describe(missing, found));
  const fault = durabilityFault((name) => found.get(name));
  if (fault !== undefined) throw new SessionRefusal(fault);
}

async function readSession(client: pg.ClientBase, names: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY('{${[...names, ...DURABILITY].join(',')}}')
     UNION ALL VALUES ('session_user', session_user::text), ('current_user', current_user::text),
       ('pg_is_in_recovery', pg_catalog.pg_is_in_recovery()::text)`,
  );
  return new Map(rows.map(({ name, setting }) => [name, setting]));
}

function describe(missing: readonly [string, string][], found: ReadonlyMap<string, string>): string {
  const each = missing.map(([name, value]) => `${name} is ${found.get(name) ?? 'absent'} and not ${value}`);
  return `The database session is not what it must be (does a pooler or proxy change it?): ${each.join(', ')}.`;
}

/** Neither a pool nor a client bounds what runs before a new connection is given out. */
function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout expired')), REPLY_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
