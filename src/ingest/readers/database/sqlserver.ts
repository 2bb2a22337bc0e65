import type { EventEmitter } from 'node:events';
import type { ReachedUpstream } from '../../../access/upstreams/resolve-upstream.js';
import type { Cell, Column, ConnectDatabase, DatabaseConnection, Limits, Reading } from './connection.js';
import { optionalDriver } from './optional-driver.js';
import { passwordOf } from './password.js';
import { bracketed, countStatement, rowsStatement, type Spelling } from './table-name.js';

interface Driver {
  Connection: new (settings: object) => Session;
  Request: new (sql: string, done: (error?: Error | null) => void) => Request;
  TYPES: { NVarChar: unknown };
}
interface Session extends EventEmitter {
  connect(done: (error?: Error) => void): void;
  execSql(request: Request): void;
  close(): void;
}
interface Request extends EventEmitter {
  addParameter(name: string, type: unknown, value: unknown): void;
  pause(): void;
  resume(): void;
}

const DATED = /^(date|datetime|datetime2|smalldatetime|datetimeoffset|time)$/i;
const SPELLING: Spelling = {
  quote: bracketed,
  // 121 is the ODBC form, `2026-01-31 10:00:00.000`.
  select: ({ name, type }) =>
    DATED.test(type)
      ? `CONVERT(nvarchar(40), t.${bracketed(name)}, 121)`
      : `CAST(t.${bracketed(name)} AS nvarchar(max))`,
  from: () => '@from',
};

/** SQL Server (`npm install tedious`). Written after the driver's documentation and not tested: no server was at hand. */
export const connectSqlserver: ConnectDatabase = async (reached, limits) => {
  const driver = optionalDriver('tedious', 'SQL Server') as Driver;
  const session = new driver.Connection(settingsOf(reached, limits));
  await new Promise<void>((resolve, reject) => session.connect((error) => (error ? reject(error) : resolve())));
  session.on('error', () => {}); // told by the request that fails
  return connectionOf({ driver, session, limits });
};

function settingsOf({ upstream, address, secret, tls }: ReachedUpstream, limits: Limits): object {
  const { user: userName, password } = passwordOf(secret);
  return {
    server: address,
    authentication: { type: 'default', options: { userName, password } },
    options: {
      port: upstream.port,
      database: upstream.database,
      encrypt: tls !== undefined,
      ...(tls === undefined
        ? {}
        : { serverName: upstream.host, cryptoCredentialsDetails: { minVersion: 'TLSv1.2', ca: upstream.ca } }),
      trustServerCertificate: false,
      connectTimeout: limits.connectMs,
      requestTimeout: limits.statementMs,
      readOnlyIntent: true,
    },
  };
}

interface Used {
  driver: Driver;
  session: Session;
  limits: Limits;
}

/** Rows as they come; the request is paused while a batch is looked at. */
async function* readBatches(
  { driver, session, limits }: Used,
  sql: string,
  values: Record<string, string | null>,
): AsyncGenerator<Cell[][]> {
  let rows: Cell[][] = [];
  let ended = false;
  let failure: Error | undefined;
  let wake = () => {};
  const request = new driver.Request(sql, (error) => {
    ended = true;
    failure = error ?? undefined;
    wake();
  });
  for (const [name, value] of Object.entries(values)) request.addParameter(name, driver.TYPES.NVarChar, value);
  request.on('row', (columns: { value: unknown }[]) => {
    rows.push(columns.map(({ value }) => (value === null ? null : String(value))));
    if (rows.length < limits.batchRows) return;
    request.pause();
    wake();
  });
  session.execSql(request);
  while (!ended || rows.length > 0) {
    if (!ended && rows.length < limits.batchRows) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw failure;
    const batch = rows;
    rows = [];
    if (batch.length > 0) yield batch;
    if (!ended) request.resume();
  }
  if (failure !== undefined) throw failure;
}

function connectionOf(used: Used): DatabaseConnection {
  const { session } = used;
  const batches = (sql: string, values: Record<string, string | null>) => readBatches(used, sql, values);
  const all = async (sql: string, values: Record<string, string | null> = {}) => {
    const found: Cell[][] = [];
    for await (const batch of batches(sql, values)) found.push(...batch);
    return found;
  };
  const valuesOf = ({ watermark }: Reading): Record<string, string> =>
    watermark?.from === undefined ? {} : { from: watermark.from };
  return {
    async begin() {
      // Needs ALLOW_SNAPSHOT_ISOLATION on the department's database: without it the first read fails and says so.
      await all('SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION');
    },
    async columns({ schema, table }) {
      const rows = await all(
        `SELECT c.name, ty.name FROM sys.columns c JOIN sys.types ty ON ty.user_type_id = c.user_type_id
         WHERE c.object_id = OBJECT_ID(@table) ORDER BY c.column_id`,
        { table: schema === undefined ? bracketed(table) : `${bracketed(schema)}.${bracketed(table)}` },
      );
      return rows.map(([name, type]): Column => ({ name: name!, type: type! }));
    },
    async count(reading) {
      const [row] = await all(countStatement(reading, SPELLING), valuesOf(reading));
      return Number(row![0]);
    },
    rows: (reading) => batches(rowsStatement(reading, SPELLING), valuesOf(reading)),
    close: async () => session.close(),
  };
}
