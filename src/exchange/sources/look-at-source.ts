import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { actorOf } from '../../access/people/caller.js';
import { type ReachedUpstream, resolveUpstream } from '../../access/upstreams/resolve-upstream.js';
import { type Upstream, upstreamId } from '../../access/upstreams/upstream.js';
import { enter } from '../../audit/recorded.js';
import type { DatabaseConnection, ListedTable, TableColumn } from '../../ingest/readers/database/connection.js';
import { wholeTable } from '../../ingest/readers/database/look-at-table.js';
import { absentTable, sourceProblem } from '../../ingest/readers/database/source-problem.js';
import { parseTable } from '../../ingest/readers/database/table-name.js';
import { type Source, Unreadable } from '../../ingest/readers/source.js';
import { Problem } from '../../platform/errors.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { CONNECT_MS, connectTo } from './database-source.js';

/** Who looks at which approved upstream. */
export interface Looking {
  call: Call;
  upstream: Upstream;
}

/**
 * Whether the exchange reaches the upstream with its secret: a database is logged in to, an interface is connected to.
 * @throws Problem upstream-refused, upstream-failed with the reason
 */
export async function checkSource(exchange: Exchange, looking: Looking): Promise<{ tables: number | null }> {
  const reached = await reach(exchange, looking, { verb: 'check' });
  if (reached.upstream.kind === 'http') {
    await touch(reached);
    return { tables: null };
  }
  return onDatabase(exchange, reached, async (connection) => ({ tables: (await connection.tables()).length }));
}

/** Its tables and views. @throws Problem as `checkSource`; unprocessable for an interface, which lists none */
export async function discoverTables(exchange: Exchange, looking: Looking): Promise<readonly ListedTable[]> {
  const reached = await reach(exchange, looking, { verb: 'discover' });
  return onDatabase(exchange, reached, (connection) => connection.tables());
}

/** The columns of one table. @throws Problem as `discoverTables`, not-found */
export async function discoverColumns(
  exchange: Exchange,
  looking: Looking,
  table: string,
): Promise<readonly TableColumn[]> {
  const reached = await reach(exchange, looking, { verb: 'discover', table });
  return onDatabase(exchange, reached, async (connection) => {
    const columns = await connection.columns(parseTable(table));
    if (columns.length === 0) throw absentTable();
    return columns;
  });
}

/** Reads one table once, for a draft. @throws Problem as `discoverColumns`, and what `read` throws */
export async function readWhole<T>(
  exchange: Exchange,
  { looking, table }: { looking: Looking; table: string },
  read: (source: Source) => Promise<T>,
): Promise<T> {
  const reached = await reach(exchange, looking, { verb: 'draft', table });
  return onDatabase(exchange, reached, (connection) => read(wholeTable(connection, table, reached.stillApproved)));
}

interface Act {
  verb: 'check' | 'discover' | 'draft';
  table?: string;
}

/** The entry is written before the call: what the exchange does outside leaves a trace first. */
async function reach(exchange: Exchange, { call, upstream }: Looking, act: Act): Promise<ReachedUpstream> {
  const { publisher, name, kind } = upstream;
  const reached = await resolveUpstream(exchange, { publisher, name, kind });
  await enter(exchange.log, {
    request: call.request,
    event: 'source.looked-at',
    outcome: 'success',
    actor: actorOf(call.subject, exchange.policy.current()),
    accesses: [],
    detail: { source: { upstream: upstreamId(publisher, name), kind, ...act } },
    sealed: { ask: act, address: call.address },
  });
  return reached;
}

async function onDatabase<T>(
  exchange: Exchange,
  reached: ReachedUpstream,
  work: (connection: DatabaseConnection) => Promise<T>,
): Promise<T> {
  const { kind } = reached.upstream;
  if (kind === 'http')
    throw new Problem('unprocessable', 'An interface has no tables to list: name its path in a contract.');
  let connection: DatabaseConnection | undefined;
  try {
    connection = await connectTo(exchange, { kind, reached });
    await connection.begin();
    return await work(connection);
  } catch (error) {
    const problem = sourceProblem(error);
    // A run reports an unreadable table as its outcome; here the caller named the table, so it is the caller's mistake.
    throw problem instanceof Unreadable && problem.rule === 'table'
      ? new Problem('not-found', `${problem.message}.`)
      : problem;
  } finally {
    await connection?.close();
  }
}

/** Connects, and makes the TLS connection where there is one; sends nothing. */
async function touch({ upstream, address, tls }: ReachedUpstream): Promise<void> {
  const target = { host: address, port: upstream.port, timeout: CONNECT_MS };
  const socket: Socket = tls === undefined ? connectSocket(target) : connectTls({ ...tls, ...target });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve());
      socket.once('error', reject);
      socket.once('timeout', () => reject(Object.assign(new Error('slow'), { code: 'ETIMEDOUT' })));
    });
  } catch (error) {
    throw sourceProblem(error);
  } finally {
    socket.destroy();
  }
}
