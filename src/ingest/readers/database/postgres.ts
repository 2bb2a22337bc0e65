import { Socket } from 'node:net';
import pg from 'pg';
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
import { countStatement, doubleQuoted, quotedTable, rowsStatement, type Spelling } from './table-name.js';

/** Every value as the server's own text. */
const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value };
/** An abandoned snapshot must not block the department's vacuum forever. */
const IDLE_MS = 600_000;
/** A server that does not take leave keeps no run waiting. */
const LEAVE_MS = 5_000;

const SPELLING: Spelling = {
  quote: doubleQuoted,
  select: ({ name, type }) => {
    const column = `t.${doubleQuoted(name)}`;
    return type.endsWith('[]') ? `to_json(${column})::text` : `${column}::text`;
  },
  from: () => '$1',
};

/** PostgreSQL, and databases with its protocol and catalogue (openGauss, Kingbase). */
export const connectPostgres: ConnectDatabase = async (reached, limits) => {
  const socket = new Socket();
  const client = new pg.Client({ ...settingsOf(reached, limits), stream: () => socket });
  client.on('error', () => {}); // the failing query reports it
  await client.connect();
  return connectionOf({ client, socket }, limits);
};

/** Sets every option that the driver would otherwise read from the environment of this process. */
function settingsOf({ upstream, address, secret, tls }: ReachedUpstream, limits: Limits): pg.ClientConfig {
  return {
    host: address,
    port: upstream.port,
    database: upstream.database!,
    ...passwordOf(secret),
    ssl: tls ?? false,
    options: '',
    application_name: 'civic-exchange',
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.statementMs + limits.connectMs,
    keepAlive: true,
    types: AS_TEXT,
  };
}

const kindOf = (kind: string): ListedTable['kind'] => (kind === 'view' ? 'view' : 'table');

function connectionOf({ client, socket }: { client: pg.Client; socket: Socket }, limits: Limits): DatabaseConnection {
  const texts = async <R extends ColumnText[]>(text: string, values: string[] = []): Promise<R[]> =>
    (await client.query<R>({ text, values, rowMode: 'array' })).rows;
  const valuesOf = ({ watermark }: TableReading) => (watermark?.from === undefined ? [] : [watermark.from]);
  return {
    async begin() {
      await client.query(`SET statement_timeout = ${limits.statementMs}; SET idle_in_transaction_session_timeout = ${IDLE_MS};
        SET DateStyle = 'ISO, YMD'; SET TimeZone = 'Asia/Shanghai'; SET extra_float_digits = 1`);
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    },
    async tables() {
      const rows = await texts<[string, string, string]>(
        `SELECT n.nspname::text, c.relname::text, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT')
           AND has_schema_privilege(n.oid, 'USAGE') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
         ORDER BY 1, 2 LIMIT ${TABLES_AT_MOST}`,
      );
      return rows.map(([schema, table, kind]): ListedTable => ({ table: `${schema}.${table}`, kind: kindOf(kind) }));
    },
    async columns(table) {
      const rows = await texts<[string, string]>(
        `SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
         WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [quotedTable(table, doubleQuoted)],
      );
      return rows.map(([name, type]): TableColumn => ({ name, type }));
    },
    async count(reading) {
      const [row] = await texts<[string]>(countStatement(reading, SPELLING), valuesOf(reading));
      return Number(row?.[0]);
    },
    async *rows(reading) {
      const statement = rowsStatement(reading, SPELLING);
      await texts(`DECLARE exchange_rows NO SCROLL CURSOR FOR ${statement}`, valuesOf(reading));
      for (;;) {
        const rows = await texts<ColumnText[]>(`FETCH FORWARD ${limits.batchRows} FROM exchange_rows`);
        if (rows.length > 0) yield rows;
        if (rows.length < limits.batchRows) return;
      }
    },
    async close() {
      const cut = setTimeout(() => socket.destroy(), LEAVE_MS);
      await client.end().catch(() => {});
      clearTimeout(cut);
    },
  };
}
