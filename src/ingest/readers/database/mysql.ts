import { connect as connectSocket } from 'node:net';
import type { Readable } from 'node:stream';
import type mysql from 'mysql2';
import type { ReachedUpstream } from '../../../access/upstreams/resolve-upstream.js';
import {
  type ColumnText,
  type ConnectDatabase,
  type DatabaseConnection,
  type Limits,
  type ListedTable,
  TABLES_AT_MOST,
  type TableColumn,
  type TableReading,
} from './connection.js';
import { passwordOf } from './password.js';
import { backQuoted, countStatement, rowsStatement, type Spelling } from './table-name.js';

/** MySQL and MariaDB. The driver is loaded with the first such source: most nodes have none, and it is eighty files. */
export const connectMysql: ConnectDatabase = async (reached, limits) => {
  const { createConnection } = await import('mysql2');
  const connection = createConnection(settingsOf(reached, limits));
  connection.on('error', () => {}); // the failing query reports it
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  return connectionOf(connection, limits);
};

/**
 * The driver checks the certificate against `host`, so the pinned address goes into the socket. LOAD DATA LOCAL is off:
 * with it a server could ask for our files.
 */
function settingsOf({ upstream, address, secret, tls }: ReachedUpstream, limits: Limits): mysql.ConnectionOptions {
  return {
    host: upstream.host,
    port: upstream.port,
    database: upstream.database!,
    ...passwordOf(secret),
    stream: () => connectSocket({ host: address, port: upstream.port, keepAlive: true }),
    ...(tls === undefined
      ? {}
      : {
          ssl: {
            rejectUnauthorized: true,
            verifyIdentity: true,
            minVersion: 'TLSv1.2',
            ...(tls.ca ? { ca: upstream.ca! } : {}),
          },
        }),
    charset: 'utf8mb4',
    connectTimeout: limits.connectMs,
    flags: ['-LOCAL_FILES'],
    multipleStatements: false,
    rowsAsArray: true,
    typeCast: (field) => field.string(),
  };
}

function connectionOf(connection: mysql.Connection, limits: Limits): DatabaseConnection {
  const texts = <R extends ColumnText[]>(sql: string): Promise<R[]> =>
    new Promise((resolve, reject) => {
      const timeout = limits.statementMs + limits.connectMs;
      connection.query({ sql, timeout }, (error, rows) => (error ? reject(error) : resolve(rows as unknown as R[])));
    });
  return {
    async begin() {
      const [version] = await texts<[string]>('SELECT version()');
      // MariaDB limits statements in seconds, MySQL in milliseconds, with different variables.
      const bound = /mariadb/i.test(version![0])
        ? `max_statement_time = ${limits.statementMs / 1_000}`
        : `max_execution_time = ${limits.statementMs}`;
      await texts(`SET SESSION ${bound}, SESSION time_zone = '+08:00', SESSION sql_mode = ''`);
      await texts('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await texts('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    },
    async tables() {
      const rows = await texts<[string, string, string]>(
        `SELECT table_schema, table_name, table_type FROM information_schema.tables
         WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
         ORDER BY 1, 2 LIMIT ${TABLES_AT_MOST}`,
      );
      return rows.map(
        ([schema, table, type]): ListedTable => ({
          table: `${schema}.${table}`,
          kind: /view/i.test(type) ? 'view' : 'table',
        }),
      );
    },
    async columns({ schema, table }) {
      const rows = await texts<[string, string]>(
        `SELECT column_name, column_type FROM information_schema.columns
         WHERE table_schema = ${schema === undefined ? 'database()' : literal(schema)} AND table_name = ${literal(table)}
         ORDER BY ordinal_position`,
      );
      return rows.map(([name, type]): TableColumn => ({ name, type }));
    },
    async count(reading) {
      const [row] = await texts<[string]>(countStatement(reading, spellingOf(reading)));
      return Number(row?.[0]);
    },
    async *rows(reading) {
      const stream = connection
        .query(rowsStatement(reading, spellingOf(reading)))
        .stream({ highWaterMark: limits.batchRows });
      // A streamed query learns of a lost connection only from the connection.
      connection.on('error', (error) => stream.destroy(error));
      yield* batchesOf(stream, limits);
    },
    close: async () => connection.destroy(),
  };
}

/** The driver's timeout covers only the first row. This one also covers later silence, but no time spent on a batch. */
async function* batchesOf(
  stream: Readable,
  { batchRows, statementMs, connectMs }: Limits,
): AsyncGenerator<ColumnText[][]> {
  const leave = () =>
    stream.destroy(Object.assign(new Error('The server is silent'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }));
  let silence = setTimeout(leave, statementMs + connectMs);
  try {
    let batch: ColumnText[][] = [];
    for await (const row of stream) {
      batch.push(row as ColumnText[]);
      if (batch.length < batchRows) continue;
      clearTimeout(silence);
      yield batch;
      silence = setTimeout(leave, statementMs + connectMs);
      batch = [];
    }
    clearTimeout(silence);
    if (batch.length > 0) yield batch;
  } finally {
    clearTimeout(silence);
  }
}

/** Hexadecimal digits: the server's SQL mode cannot change the meaning of backslashes in them. */
function literal(text: string): string {
  return `_utf8mb4 0x${Buffer.from(text).toString('hex') || '00'}`;
}

const NUMBER = /^[+-]?\d{1,65}(\.\d{1,30})?$/;

function spellingOf({ watermark }: TableReading): Spelling {
  return {
    quote: backQuoted,
    select: ({ name }) => `t.${backQuoted(name)}`,
    from: (value) => watermarkLiteral(watermark!.column.type, value),
  };
}

/** In the column's own type: MySQL compares an integer with a text as doubles, and loses digits from 2^53 on. */
function watermarkLiteral(type: string, value: string): string {
  if (/^(tiny|small|medium|big)?int|^decimal|^year/i.test(type) && NUMBER.test(value)) return value;
  if (/^(datetime|timestamp)/i.test(type)) return `CAST(${literal(value)} AS DATETIME(6))`;
  if (/^date/i.test(type)) return `CAST(${literal(value)} AS DATE)`;
  return literal(value);
}
