import type pg from 'pg';
import { oneRow } from '../one-row.js';
import { SessionRefusal } from './session-refusal.js';

const OLDEST = 14;

/** Whether we can work on this server at all. Throws SessionRefusal with the cause and the remedy. */
export async function checkServer(client: pg.ClientBase, second: () => Promise<pg.Client>): Promise<void> {
  const found = oneRow(
    await client.query<{ version: number; encoding: string; standby: boolean; readOnly: boolean }>(
      `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('server_encoding') AS encoding,
         pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only')::boolean AS "readOnly"`,
    ),
    'server',
  );
  if (found.version < OLDEST) {
    throw new SessionRefusal(`This is PostgreSQL ${found.version}, and the exchange needs ${OLDEST} or newer.`);
  }
  if (found.standby) {
    throw new SessionRefusal(
      'This PostgreSQL is a standby, and the exchange writes: name the primary in DATABASE_URL, or all servers.',
    );
  }
  if (found.readOnly)
    throw new SessionRefusal('default_transaction_read_only is on: set it off for this user and database.');
  if (found.encoding !== 'UTF8') {
    throw new SessionRefusal(
      `The database has the encoding ${found.encoding}: make one with ENCODING 'UTF8' TEMPLATE template0.`,
    );
  }
  const other = await second();
  try {
    await refuseSharedSessions(client, other);
  } finally {
    await other.end().catch(() => {}); // the next call reports a lost server
  }
}

/**
 * Two clients that speak in turn. Where one of them meets two server processes, or both meet the same one, a pooler gives a session to each
 * transaction: locks, LISTEN and settings of ours would be lost or be somebody else's.
 */
async function refuseSharedSessions(a: pg.ClientBase, b: pg.ClientBase): Promise<void> {
  const met = new Map<pg.ClientBase, Set<number>>([
    [a, new Set()],
    [b, new Set()],
  ]);
  for (const client of [a, b, a, a, b]) {
    const { pid } = oneRow(await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'), 'process');
    met.get(client)?.add(pid);
  }
  const processes = new Set([...met.values()].flatMap((pids) => [...pids]));
  const ofOne = [...met.values()].every((pids) => pids.size === 1);
  if (ofOne && processes.size === 2) return;
  throw new SessionRefusal(
    'A connection pooler shares sessions between transactions: set pool_mode = session, or name PostgreSQL itself in DATABASE_URL.',
  );
}
