import type { Database } from '../platform/postgres/database.js';

/** Release counters of lineages in memory, updated by NOTIFY: ETags and 304 must cost no query. */
export interface Releases {
  /** Release of `police/resident`; undefined if unknown (without the listener nothing may be confirmed). */
  release(name: string): number | undefined;
  /** Takes a release that this node published at once. */
  moved(name: string, release: number): void;
  close(): Promise<void>;
}

const CHANNEL = 'exchange_release';
const RETRY_MS = 500;

/**
 * Listens on `exchange_release` (payload `<dataset>:<release>`). Reads all counters first, and again after each loss of
 * the connection.
 */
export async function openReleases(database: Database): Promise<Releases> {
  const held = new Map<string, number>();
  let closed = false;
  let stop: () => Promise<void> = async () => {};

  const move = (name: string, release: number) => {
    if (release > (held.get(name) ?? -1)) held.set(name, release);
  };
  const listen = async () => {
    const client = await database.connectListener();
    const lost = () => {
      held.clear();
      client.removeAllListeners('notification');
      retry();
    };
    // Before it listens, the failing query reports a loss; after that, this event does.
    client.once('end', lost);
    client.on('notification', ({ payload }) => {
      const at = payload?.lastIndexOf(':') ?? -1;
      if (payload !== undefined && at > 0) move(payload.slice(0, at), Number(payload.slice(at + 1)));
    });
    stop = () => client.end();
    await client.query(`LISTEN ${CHANNEL}`);
    const lineages = await client.query<{ name: string; release: string }>('SELECT name, release FROM exchange.line');
    for (const { name, release } of lineages.rows) move(name, Number(release));
  };
  // A connection that is lost while it starts to listen reports it twice; one new connection is enough.
  let retrying = false;
  const retry = () => {
    if (closed || retrying) return;
    retrying = true;
    setTimeout(() => {
      retrying = false;
      listen().catch(() =>
        stop()
          .catch(() => {})
          .then(retry),
      );
    }, RETRY_MS).unref();
  };

  await listen().catch(async (error: unknown) => {
    closed = true;
    await stop().catch(() => {});
    throw error;
  });
  return {
    release: (name) => held.get(name),
    moved: move,
    close: async () => {
      closed = true;
      await stop().catch(() => {});
    },
  };
}
