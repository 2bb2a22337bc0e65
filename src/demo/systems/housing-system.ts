import type { Clock } from '../../platform/clock.js';
import { type NeighbourDatabase, openNeighbour } from '../../platform/postgres/neighbour-database.js';
import { demoContract } from '../files/demo-contracts.js';
import { type PublisherWords, publisherWords } from '../files/publisher-words.js';
import type { StandardRow } from '../files/standard-row.js';
import { deviceRows } from '../places/device-rows.js';
import { planPopulation } from '../places/plan.js';
import type { DepartmentSystem } from './department-system.js';
import { relaySessions } from './session-relay.js';

const TABLE = 't_gzsb';
const ROWS_AT_ONCE = 500;

export interface HousingSystemOf {
  people: number;
  seed: number;
  /** The exchange's database URL. The department's database is on the same server, reached like any other system. */
  databaseUrl: string;
}

/**
 * 物业管理系统: the housing authority's database, with a table of devices. Undefined where the user of `databaseUrl` may not
 * create databases or roles.
 */
export async function openHousingSystem(of: HousingSystemOf, clock: Clock): Promise<DepartmentSystem | undefined> {
  const password = clock.randomBytes(24).toString('base64url');
  const database = await openNeighbour({ url: of.databaseUrl, suffix: 'housing_system', password }).catch(mayNot);
  if (database === undefined) return undefined;
  try {
    await fillOnce(database, of);
  } finally {
    await database.close();
  }
  const { name, readingUser, server } = database;
  const relay = await relaySessions({ server, user: readingUser.user, database: name });
  const { host, port } = relay;
  return {
    publisher: 'housing',
    name: 'property-db',
    draft: { kind: 'postgres', host, port, database: name, tls: 'none', private: false, secret: true },
    secret: { kind: 'password', ...readingUser },
    close: relay.close,
  };
}

const INSUFFICIENT_PRIVILEGE = '42501';

function mayNot(error: { code?: unknown }): undefined {
  if (error.code !== INSUFFICIENT_PRIVILEGE) throw error;
}

/** Fills the table at the first start only: the department may change it later. */
async function fillOnce(database: NeighbourDatabase, { people, seed }: HousingSystemOf): Promise<void> {
  const [found] = await database.query(`SELECT to_regclass('public.${TABLE}') IS NOT NULL AS stands`);
  if (found?.stands === true) return;
  await database.query('BEGIN');
  // Adds an own number and a time of change, which fill no field of the contract.
  await database.query(`CREATE TABLE ${TABLE} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sbbh varchar(32) NOT NULL UNIQUE, sblx char(2) NOT NULL, xqbm varchar(20), sqbm char(12) NOT NULL, azwz varchar(60),
    jrxy varchar(20), sbzt varchar(8) NOT NULL, gxsj timestamptz NOT NULL DEFAULT now())`);
  const words = publisherWords(await demoContract('housing/device'), { spelling: 'last' });
  let rows: StandardRow[] = [];
  for (const row of deviceRows(planPopulation(people, seed))) {
    rows.push(row);
    if (rows.length < ROWS_AT_ONCE) continue;
    await insert(database, words, rows);
    rows = [];
  }
  await insert(database, words, rows);
  await database.query(`GRANT SELECT ON ${TABLE} TO "${database.readingUser.user}"`);
  await database.query('COMMIT');
}

async function insert(database: NeighbourDatabase, words: PublisherWords, rows: readonly StandardRow[]): Promise<void> {
  const values = rows.map((row) => words.valuesOf(row));
  const columns = words.headings.map((_, at) => values.map((row) => row[at] ?? null));
  const parameters = columns.map((_, at) => `$${at + 1}::text[]`).join(', ');
  await database.query(
    `INSERT INTO ${TABLE} (${words.headings.join(', ')}) SELECT * FROM unnest(${parameters})`,
    columns,
  );
}
