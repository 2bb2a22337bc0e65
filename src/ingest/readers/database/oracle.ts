import { Problem } from '../../../platform/errors.js';
import type { Cell, Column, ConnectDatabase, DatabaseConnection, Limits, Reading } from './connection.js';
import { optionalDriver } from './optional-driver.js';
import { passwordOf } from './password.js';
import { countStatement, doubleQuoted, rowsStatement, type Spelling } from './table-name.js';

interface Driver {
  getConnection(settings: object): Promise<Session>;
  STRING: unknown;
  DB_TYPE_VARCHAR: unknown;
}
interface Session {
  callTimeout: number;
  execute(sql: string, values?: object, options?: object): Promise<{ rows?: Cell[][]; resultSet?: ResultSet }>;
  close(options?: object): Promise<void>;
}
interface ResultSet {
  getRows(count: number): Promise<Cell[][]>;
}

const SPELLING: Spelling = {
  quote: doubleQuoted,
  select: ({ name }) => `t.${doubleQuoted(name)}`,
  from: () => ':1',
};

/** Oracle by its thin driver (`npm install oracledb`). Written after its documentation and not tested: no server was at hand. */
export const connectOracle: ConnectDatabase = async ({ upstream, address, secret, tls }, limits) => {
  const driver = optionalDriver('oracledb', 'Oracle') as Driver;
  const { user, password } = passwordOf(secret);
  if (tls !== undefined) {
    // Its thin mode checks a distinguished name of a wallet, and not a host behind a pinned address.
    throw new Problem('unprocessable', 'Oracle is reached through a TLS tunnel on loopback only.');
  }
  const host = address.includes(':') ? `[${address}]` : address;
  const timeoutS = Math.ceil(limits.connectMs / 1_000);
  const connectString = `tcp://${host}:${upstream.port}/${upstream.database}?connect_timeout=${timeoutS}`;
  const session = await driver.getConnection({ user, password, connectString });
  session.callTimeout = limits.statementMs;
  return connectionOf(session, { ...limits, text: driver.STRING });
};

function connectionOf(session: Session, limits: Limits & { text: unknown }): DatabaseConnection {
  const valuesOf = ({ watermark }: Reading) => (watermark?.from === undefined ? [] : [watermark.from]);
  const asText = { fetchTypeHandler: () => ({ type: limits.text }) };
  const rowsOf = async (sql: string, values: object = []) => (await session.execute(sql, values, asText)).rows ?? [];
  return {
    async begin() {
      await rowsOf(`ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3'
        NLS_NUMERIC_CHARACTERS = '.,' TIME_ZONE = '+08:00'`);
      await rowsOf('SET TRANSACTION READ ONLY'); // every statement of it sees the same moment
    },
    async columns({ schema, table }) {
      const rows = await rowsOf(
        `SELECT column_name, data_type FROM all_tab_columns
         WHERE owner = NVL(:1, SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')) AND table_name = :2 ORDER BY column_id`,
        [schema ?? null, table],
      );
      return rows.map(([name, type]): Column => ({ name: name!, type: type! }));
    },
    async count(reading) {
      const [row] = await rowsOf(countStatement(reading, SPELLING), valuesOf(reading));
      return Number(row![0]);
    },
    async *rows(reading) {
      const sql = rowsStatement(reading, SPELLING);
      const { resultSet } = await session.execute(sql, valuesOf(reading), { ...asText, resultSet: true });
      for (;;) {
        const rows = await resultSet!.getRows(limits.batchRows);
        if (rows.length > 0) yield rows;
        if (rows.length < limits.batchRows) return;
      }
    },
    close: () => session.close({ drop: true }).catch(() => {}),
  };
}
