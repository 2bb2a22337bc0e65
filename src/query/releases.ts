import type { Database } from '../platform/postgres/database.js';

/** Release counters of lineages, held in memory and moved by NOTIFY: for ETags and 304, which must cost no query. */
export interface Releases {
  /** Release of `police/resident`, or undefined where unknown (while the listener is away nothing may be confirmed). */
  release(name: string): number | undefined;
  /** A release published by this node, known at once. */
  moved(name: string, release: number): void;
  close(): Promise<void>;
}

const CHANNEL = 'exchange_release';
const RETRY_MS = 500;

/** Listens on `exchange_release` (payload `<dataset>:<release>`), first reading all counters, again after every loss of the connection. */
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
    // Its loss before it listens is told by the query that fails; afterwards by this.
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
  // A connection that dies while it begins to listen tells so twice; one new one is enough.
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

  await listen();
  return {
    release: (name) => held.get(name),
    moved: move,
    close: async () => {
      closed = true;
      await stop().catch(() => {});
    },
  };
}
