import type pg from 'pg';
import { headEpoch } from '../../access/policy/change-policy.js';
import { compileAccess } from '../../access/policy/compile-access.js';
import type { Access } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { contractId } from '../../catalog/contract-id.js';
import { identifier } from '../../catalog/names.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { transaction } from '../../platform/postgres/in-transaction.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { linkages } from '../../query/linkage.js';
import { ORDER_INDEX, orderIndexes } from '../../query/order-index.js';
import type { Exchange } from '../exchange.js';

/** First releases and the ends of grants make no sound, so it looks again this often; nothing is asked of PostgreSQL where nothing has changed. */
const LOOK_MS = 5_000;
/** Statistics of the tables change with their rows. */
const STATISTICS_MS = 3_600_000;
/** One node builds at a time. */
const LOCK = [809, 18];
/** So many rows of one value are sorted within a millisecond or two; more need an index. */
const CROWD = 2_000;

/**
 * Keeps the indexes of grants that have an order of their own: makes those that are missing, also after an upgrade or a restore, and drops those that no
 * grant needs. Answers never wait for it: until its index is there a page is sorted, within the statement timeout. A build waits for no release and
 * blocks no reader; a delivery of the dataset waits for the build. A build that is killed leaves nothing, a drop is done again.
 */
export function keepOrders(exchange: Exchange, warn: (error: unknown) => void): { close(): Promise<void> } {
  if (exchange.config.worker !== 'on') return { close: async () => {} };
  let done = '';
  let passing: Promise<void> | undefined;
  let again = false;
  let closed = false;
  const backend: Backend = { pid: undefined };
  const look = () => {
    again = passing !== undefined;
    if (closed || again) return;
    const state = stateOf(exchange);
    if (state === done) return;
    passing = pass(exchange, backend, () => closed)
      .then((complete) => {
        if (complete) done = state;
      })
      .catch((error: unknown) => {
        if (!closed) warn(error);
      })
      .finally(() => {
        passing = undefined;
        if (again) look();
      });
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  exchange.policy.onChange(look);
  look();
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      const { owner } = exchange.database;
      if (backend.pid !== undefined) await owner.query('SELECT pg_cancel_backend($1)', [backend.pid]).catch(() => {});
      await passing;
    },
  };
}

interface Backend {
  pid: number | undefined;
}

/** Changes whenever a pass may find something to do. */
function stateOf(exchange: Exchange): string {
  const accesses = ordered(exchange, exchange.policy.current());
  const keys = accesses.map((access) => `${access.key} ${isReleased(exchange, access)}`);
  return [Math.floor(exchange.clock.now() / STATISTICS_MS), ...keys].join('\n');
}

/** The accesses that have an order of their own, of grants in force now or later. */
function ordered({ clock }: Exchange, { grants, catalog }: PolicyIndex): Access[] {
  const found: Access[] = [];
  for (const grant of grants.values()) {
    const contract = catalog.contracts.get(contractId(grant.dataset, grant.major));
    if (grant.status !== 'active' || grant.mode !== 'read' || contract === undefined || proxyOf(contract)) continue;
    const access = compileAccess(grant, contract);
    if (access.ownOrder && access.validUntilMs > clock.now()) found.push(access);
  }
  return found;
}

/** Before its first release a table is empty, and an index would only slow the load. */
function isReleased({ releases }: Exchange, { contract }: Access): boolean {
  return (releases.release(contract.name) ?? 0) > 0;
}

/** True where nothing is left to do. */
async function pass(exchange: Exchange, backend: Backend, closed: () => boolean): Promise<boolean> {
  const client = await exchange.database.owner.connect();
  let broken = true;
  try {
    const begun = await client.query<{ pid: number; mine: boolean }>(
      'SELECT pg_backend_pid() AS pid, pg_try_advisory_lock($1::integer, $2::integer) AS mine',
      LOCK,
    );
    const { pid, mine } = oneRow(begun, 'lock');
    backend.pid = pid;
    const complete = mine && (await passAlone(exchange, client, closed));
    if (mine) await client.query('SELECT pg_advisory_unlock($1::integer, $2::integer)', LOCK);
    broken = false;
    return complete;
  } finally {
    backend.pid = undefined;
    client.release(broken); // a connection that broke off keeps no lock
  }
}

async function passAlone(exchange: Exchange, client: pg.ClientBase, closed: () => boolean): Promise<boolean> {
  // First what is there, then the policy: an index of a grant that this node did not know yet is not taken for an orphan.
  const there = await existing(client);
  const accesses = ordered(exchange, await exchange.policy.reach(await headEpoch(client)));
  const linkageOf = linkages(exchange.keys.linkage);
  const crowded = await crowdedFields(client, [...new Set(accesses.map(({ contract }) => contract.table))]);
  const wanted = new Map<string, { access: Access; statement: string }>();
  for (const access of accesses) {
    const fields = crowded.get(access.contract.table) ?? NONE;
    for (const { name, statement } of orderIndexes(access, linkageOf(access.grant.linkage), fields)) {
      wanted.set(name, { access, statement });
    }
  }
  for (const [name, valid] of there) {
    if (closed()) return false;
    if (valid && wanted.delete(name)) continue;
    await client.query(`DROP INDEX CONCURRENTLY IF EXISTS "data".${identifier(name)}`);
  }
  let complete = true;
  for (const { access, statement } of wanted.values()) {
    if (closed()) return false;
    if (isReleased(exchange, access)) complete = (await build(client, access, statement)) && complete;
  }
  return complete;
}

const NONE: ReadonlySet<string> = new Set();

/** By name; false where a drop was broken off. */
async function existing(client: pg.ClientBase): Promise<ReadonlyMap<string, boolean>> {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'data'::regnamespace AND c.relname LIKE $1`,
    [`%\\_${ORDER_INDEX}`],
  );
  return new Map(rows.map(({ name, valid }) => [name, valid]));
}

/** By table the fields of which one value, or none, is in very many rows. */
async function crowdedFields(
  client: pg.ClientBase,
  tables: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { rows } = await client.query<{ table: string; fields: string[] }>(
    `SELECT s.tablename AS table, array_agg(s.attname::text) AS fields
     FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = 'data'::regnamespace
     WHERE s.schemaname = 'data' AND s.tablename = ANY($1)
       AND greatest(s.null_frac, s.most_common_freqs[1]) * c.reltuples > $2
     GROUP BY 1`,
    [tables, CROWD],
  );
  return new Map(rows.map(({ table, fields }) => [table, new Set(fields)]));
}

/** False while a release of the dataset is being made. */
function build(client: pg.ClientBase, { contract }: Access, statement: string): Promise<boolean> {
  return transaction(client, async () => {
    const locked = await client.query<{ free: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('publish ' || $1, 0)) AS free`,
      [contract.name],
    );
    if (!oneRow(locked, 'lock').free) return false;
    await client.query(`SET LOCAL maintenance_work_mem = '256MB'`);
    await client.query(statement);
    // Only with statistics of the expression is the index known to give almost sorted rows.
    await client.query(`ANALYZE "data".${identifier(contract.table)}`);
    return true;
  });
}
