import type pg from 'pg';
import { bounded } from '../../audit/connection.js';
import type { Clock } from '../../platform/clock.js';
import type { Pulse } from '../../platform/health/pulse.js';
import { itemAt } from '../../platform/known.js';
import type { Database } from '../../platform/postgres/database.js';

export interface Follower {
  /** Reports now what this node serves. */
  beat(): void;
  close(): Promise<void>;
}

export interface FollowerOptions {
  database: Database;
  node: string;
  served(): number;
  moved(epoch: number): void;
  clock: Clock;
  /** Hears of each heartbeat: it is a commit, and has the time of the database. */
  pulse?: Pick<Pulse, 'beat'> | undefined;
}

const BEAT_MS = 1_000;

/**
 * A heartbeat every second reports what this node serves and reads the head's epoch, so that a lost notification costs one second at most. LISTEN
 * brings changes within milliseconds. Both recover after PostgreSQL was away. Revocation relies on neither: it relies on the audit commit.
 */
export function followPolicy(following: FollowerOptions): Follower {
  let listener: pg.Client | undefined;
  let connecting = false;
  let beating: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function listen(): Promise<void> {
    if (connecting || listener !== undefined || closed) return;
    connecting = true;
    try {
      const client = await following.database.connectListener();
      client.on('error', () => void drop(client));
      client.on('end', () => void drop(client));
      client.on('notification', (message) => following.moved(Number(message.payload)));
      listener = client;
      await client.query('LISTEN exchange_policy');
      if (closed) await client.end();
    } catch {
      if (listener !== undefined) void drop(listener);
    } finally {
      connecting = false;
    }
  }
  async function drop(client: pg.Client): Promise<void> {
    if (listener === client) listener = undefined;
    await client.end().catch(() => {});
  }
  function beat(): void {
    if (closed) return;
    void listen();
    if (beating !== undefined) {
      again = true; // the beat in flight may carry an older epoch
      return;
    }
    beating = heartbeat(following)
      .catch(() => {}) // PostgreSQL is away; the next beat reports
      .finally(() => {
        beating = undefined;
        if (again) {
          again = false;
          beat();
        }
      });
  }

  const timer = setInterval(beat, BEAT_MS);
  timer.unref();
  beat();
  return {
    beat,
    async close() {
      closed = true;
      clearInterval(timer);
      await beating;
      if (listener !== undefined) await drop(listener);
      await following.database.app.query('DELETE FROM exchange.node WHERE id = $1', [following.node]).catch(() => {});
    },
  };
}

async function heartbeat({ database, node, served, moved, clock, pulse }: FollowerOptions): Promise<void> {
  const client = await database.app.connect();
  const askedAt = clock.now();
  const reply = writeBeat(client, node, served());
  // A server that hangs keeps the connection, not the heart.
  const { epoch, database: time } = await bounded(reply).catch((error: Error) => {
    client.release(error);
    throw error;
  });
  client.release();
  pulse?.beat({ askedAt, heardAt: clock.now(), database: time });
  if (epoch > served()) moved(epoch);
}

async function writeBeat(
  client: pg.PoolClient,
  node: string,
  epoch: number,
): Promise<{ epoch: number; database: number }> {
  const { rows } = await client.query<{ epoch: string; now: string }>(
    `WITH beat AS (
       INSERT INTO exchange.node (id, epoch, seen_at) VALUES ($1, $2, now())
       ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, seen_at = excluded.seen_at
     )
     SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now,
            coalesce((SELECT policy_epoch FROM audit.batch ORDER BY first DESC LIMIT 1), 0)::text AS epoch`,
    [node, epoch],
  );
  const row = itemAt(rows, 0);
  return { epoch: Number(row.epoch), database: Number(row.now) };
}
