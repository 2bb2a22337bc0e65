import { Socket } from 'node:net';
import type pg from 'pg';
import { Problem } from '../errors.js';
import { databaseProblem } from './database-problem.js';
import { entered, type WayIn } from './sessions/way-in.js';

/** A few pipelined connections; each query goes to the least busy one. Rows are arrays of text (identity parsers): `(string | null)[]`. */
export interface ReaderPool {
  /** `name` → a named prepared statement; undefined → unnamed. Throws Problem `unavailable`, `timeout` or `internal`. */
  query(statement: { name?: string; text: string; values: unknown[] }): Promise<(string | null)[][]>;
}

export interface ReaderOptions {
  /** ms. */
  statementTimeoutMs: number;
  readerConnections?: number;
}

/** A connection remembers every named statement. After this many it is replaced, so that memory stays bounded. */
const STATEMENTS_PER_CONNECTION = 2_000;
const BACKOFF_MS = { first: 50, most: 2_000 };
/** Beyond the statement timeout: the server is stuck, not slow. */
const STUCK_MS = 2_000;

interface ReaderConnection {
  client: pg.Client;
  socket: Socket;
  pending: number;
  /** performance.now() of the last reply, or of the first of the pending queries. */
  progressAt: number;
  statements: Set<string>;
}

type TextRows = (string | null)[][];
const identity = { getTypeParser: () => (value: string) => value } as unknown as typeof pg.types;

/** Throws where the first connection fails, with its error; later losses are repaired in the background. */
export async function openReader(way: WayIn, options: ReaderOptions): Promise<ReaderPool & { close(): Promise<void> }> {
  const size = options.readerConnections ?? 4;
  const connections: ReaderConnection[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let closing = false;

  const add = async (): Promise<void> => {
    const connection = await connectReader(way);
    connection.client.once('end', () => lost(connection));
    if (closing) await connection.client.end();
    else connections.push(connection);
  };
  const addLater = (delayMs: number): void => {
    if (closing) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      add().catch(() => addLater(Math.min(delayMs * 2, BACKOFF_MS.most)));
    }, delayMs);
    timers.add(timer.unref());
  };
  const lost = (connection: ReaderConnection): void => {
    const index = connections.indexOf(connection);
    if (index < 0) return;
    connections.splice(index, 1);
    addLater(BACKOFF_MS.first);
  };
  /** Accepts no more queries, and ends when those in flight have their rows. */
  const retire = (connection: ReaderConnection): void => {
    lost(connection);
    connection.client.end().catch(() => {});
  };

  await Promise.all(Array.from({ length: size }, add)).catch((error) => {
    closing = true;
    for (const { client } of connections) client.end().catch(() => {});
    throw error;
  });
  const watchdog = setInterval(() => destroyStuck(connections, options.statementTimeoutMs + STUCK_MS), 500).unref();

  return {
    query(statement) {
      const connection = leastBusy(connections);
      if (!connection)
        return Promise.reject(new Problem('unavailable', 'The database is not reachable.', { retryAfter: 1 }));
      const rows = run(connection, statement);
      if (connection.statements.size > STATEMENTS_PER_CONNECTION) retire(connection);
      return rows;
    },
    async close() {
      closing = true;
      clearInterval(watchdog);
      for (const timer of timers) clearTimeout(timer);
      await Promise.allSettled(connections.splice(0).map(({ client }) => client.end()));
    },
  };
}

async function connectReader(way: WayIn): Promise<ReaderConnection> {
  const socket = new Socket();
  const client = new way.Client({ ...way.settings, pipeline: true, types: identity, stream: () => socket });
  await entered(way, client);
  return { client, socket, pending: 0, progressAt: 0, statements: new Set() };
}

function leastBusy(connections: readonly ReaderConnection[]): ReaderConnection | undefined {
  let best: ReaderConnection | undefined;
  for (const connection of connections) {
    if (!best || connection.pending < best.pending) best = connection;
  }
  return best;
}

function run(
  connection: ReaderConnection,
  statement: { name?: string; text: string; values: unknown[] },
): Promise<TextRows> {
  if (connection.pending++ === 0) connection.progressAt = performance.now();
  if (statement.name !== undefined) connection.statements.add(statement.name);
  return new Promise((resolve, reject) => {
    connection.client.query<(string | null)[]>({ ...statement, rowMode: 'array' }, (error, result) => {
      connection.pending -= 1;
      connection.progressAt = performance.now();
      if (error) reject(databaseProblem(error));
      else resolve(result.rows);
    });
  });
}

/** Only silence shows a server that answers nothing (frozen, or a network that drops packets); its queries fail as `unavailable`. */
function destroyStuck(connections: readonly ReaderConnection[], silenceMs: number): void {
  const now = performance.now();
  for (const { socket, pending, progressAt } of connections) {
    if (pending > 0 && now - progressAt > silenceMs) socket.destroy();
  }
}
