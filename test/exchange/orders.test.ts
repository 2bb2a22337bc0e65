import pg from 'pg';
import type { Test } from 'tap';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { until } from '../failure/until.js';
import { deliverRows, delivers } from '../support/catalog-part.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

type Row = Record<string, any>;

// Two grants that don't merge show the same rows. Nothing in the order of one may tell which row of the other it is.
const DATASET = 'police/household';
const ROWS = 600;
const rows = Array.from({ length: ROWS }, (_, i) => ({
  county: '370303',
  household_no: String(i).padStart(9, '0'),
  kind: '1',
  head_name: `张${i}`,
  address: `和平路${i}号`,
  division_code: i % 3 === 0 ? '370303104003' : '370303104002',
  members_count: i % 2,
}));

const node = await testNode(t, { worker: true });
await delivers(node, DATASET);
await deliverRows(node, DATASET, rows);
const client = new pg.Client({ connectionString: node.databaseUrl });
await client.connect();
t.teardown(() => client.end());

const contract = node.exchange.policy.current().catalog.contracts.get(`${DATASET}/v1`)!;
const FIELDS = [...contract.fields.keys()];
const MASKED = { head_id: 'hide', head_name: 'hide', address: 'none' } as const;
const CLEAR = { head_id: 'none', head_name: 'none', address: 'none', minors: 'none' } as const;
/** In clear; masked; masked again for another purpose; masked for another application; without the key. */
const GRANTS = {
  clear: { application: 'one-app', purposes: ['grid-service'], masks: CLEAR },
  masked: { application: 'one-app', purposes: ['social-assistance-review'], masks: { ...MASKED, minors: 'none' } },
  again: { application: 'one-app', purposes: ['housing-management'], masks: { ...MASKED, minors: 'none' } },
  other: { application: 'other-app', purposes: ['grid-service'], masks: { ...MASKED, minors: 'none' } },
  keyless: {
    application: 'other-app',
    purposes: ['housing-management'],
    fields: FIELDS.filter((name) => name !== 'household_no' && name !== 'county'),
    masks: CLEAR,
  },
  children: {
    application: 'other-app',
    purposes: ['data-quality'],
    masks: { head_id: 'none', head_name: 'none', address: 'none' },
  },
} as const;
type Name = keyof typeof GRANTS;
const NAMES = Object.keys(GRANTS) as Name[];
await node.register('one-app');
await node.register('other-app');
const issued = new Map<Name, string>();
for (const name of NAMES) issued.set(name, (await node.grant({ dataset: DATASET, ...GRANTS[name] })).id);

/** Every row by its address, which all but children's rows show; those by their place. */
async function rest(name: Name, asked: { sort?: string; where?: object; limit?: number } = {}): Promise<Row[]> {
  const { application, purposes } = GRANTS[name];
  const found: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const body = { limit: asked.limit ?? 1_000, ...(asked.sort && { sort: [asked.sort] }), where: asked.where, cursor };
    const reply = await node.ask('POST', `/data/${DATASET}/v1/rows/query`, {
      as: application,
      headers: { 'exchange-purpose': purposes[0] },
      body,
    });
    if (reply.status !== 200) throw new Error(reply.text);
    found.push(...reply.body.data);
    cursor = reply.body.page.next_cursor ?? undefined;
    if (cursor === undefined) return found;
  }
}

async function graphql(name: Name, sort?: string): Promise<Row[]> {
  const { application, purposes } = GRANTS[name];
  const query = `{ police { household_list(first: 1000${sort ? `, sort: ["${sort}"]` : ''}) { nodes { address members_count } } } }`;
  const reply = await node.ask('POST', '/graphql/v1', {
    as: application,
    headers: { 'exchange-purpose': purposes[0] },
    body: { query },
  });
  return reply.body.data.police.household_list.nodes;
}

const addresses = (found: readonly Row[]) => found.map(({ address }) => address as string);

/** Spearman's rank correlation of two orders of the same things, and how many stand at the same place. */
function compare(one: readonly string[], other: readonly string[]): { rho: number; same: number } {
  const at = new Map(other.map((key, i) => [key, i]));
  const n = one.length;
  let squares = 0;
  let same = 0;
  for (const [i, key] of one.entries()) {
    const difference = i - at.get(key)!;
    squares += difference ** 2;
    if (difference === 0) same += 1;
  }
  return { rho: 1 - (6 * squares) / (n * (n ** 2 - 1)), same };
}

/** Chance: rho has the standard deviation 1/√(n−1), and one row in the mean keeps its place. Five deviations are one in two million. */
function isChance(t: Test, one: readonly string[], other: readonly string[], what: string): void {
  const { rho, same } = compare(one, other);
  t.ok(Math.abs(rho) < 5 / Math.sqrt(one.length - 1), `${what}: rank correlation ${rho.toFixed(3)}`);
  t.ok(same <= 12, `${what}: ${same} at the same place`);
}

const SHOWING = NAMES.filter((name) => name !== 'children');

t.test('attack 4: no two orders of grants that hide whom they show are alike', async (t) => {
  for (const sort of [undefined, 'members_count', '-members_count']) {
    const orders = new Map<Name, string[]>();
    for (const name of SHOWING) {
      const found = await rest(name, sort === undefined ? {} : { sort });
      t.equal(found.length, ROWS);
      if (sort !== undefined) {
        const counts = found.map(({ members_count }) => members_count);
        t.same(
          counts,
          [...counts].sort((a, b) => (sort.startsWith('-') ? b - a : a - b)),
          `${name} is sorted`,
        );
      }
      // Within one value of the sort, its ties.
      orders.set(
        name,
        addresses(sort === undefined ? found : found.filter(({ members_count }) => members_count === 1)),
      );
      const there = addresses(
        (await graphql(name, sort)).filter((row) => sort === undefined || row.members_count === 1),
      );
      t.same(there, orders.get(name), `${name}: graphql has the same order`);
    }
    for (const [i, one] of SHOWING.entries())
      for (const other of SHOWING.slice(i + 1))
        isChance(t, orders.get(one)!, orders.get(other)!, `${one}, ${other}, sort ${sort}`);
  }
  const byNumber = addresses(await rest('clear', { sort: 'household_no' }));
  t.same(
    byNumber,
    rows.map(({ address }) => address),
  );
  for (const name of ['masked', 'keyless'] as const)
    isChance(t, addresses(await rest(name)), byNumber, `${name}, delivered`);
});

t.test('attack 4: children alone are reason enough for an order of their own', async (t) => {
  // Every head is unknown here and counts as a child: nothing but the place could tell whose row it is.
  const there = await rest('children');
  const clear = await rest('clear');
  t.equal(there.length, ROWS);
  const kinds = (found: readonly Row[]) => found.map((row) => `${row.division_code} ${row.members_count}`);
  const [one, other] = [kinds(there), kinds(clear)];
  const equal = one.filter((kind, i) => kind === other[i]).length;
  t.ok(equal < ROWS * 0.45, `${equal} rows of the same kind at the same place; chance is ${Math.round(ROWS * 0.28)}`);
});

t.test('attack 4: filters keep the order, pages go through it once', async (t) => {
  const whole = addresses(await rest('masked'));
  const where = { field: 'division_code', op: 'eq', value: '370303104003' };
  const some = addresses(await rest('masked', { where }));
  t.same(
    some,
    whole.filter((address) => some.includes(address)),
  );
  for (const sort of [undefined, 'members_count', '-members_count', 'household_no']) {
    const asked = sort === undefined ? {} : { sort };
    t.same(
      addresses(await rest('masked', { ...asked, limit: 47 })),
      addresses(await rest('masked', asked)),
      `sort ${sort}`,
    );
  }
});

const indexes = async () => {
  const { rows: found } = await client.query<{ name: string; text: string }>(
    `SELECT indexname AS name, indexdef AS text FROM pg_indexes WHERE schemaname = 'data' AND indexname LIKE '%\\_order'`,
  );
  return found;
};

t.test('attack 4: each order gets its index, and loses it with its grant', async (t) => {
  await until('an index for each of the five grants that hide something', async () => (await indexes()).length === 5);
  const [orphan, name] = ['police__household_orphan_order', (await indexes())[0]!.name];
  await client.query(`CREATE INDEX "${orphan}" ON data.police__household (kind)`);
  // What a drop leaves that was broken off.
  await client.query('UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass', [`data."${name}"`]);
  const before = addresses(await rest('other'));
  await revokeGrant(node.exchange, issued.get('masked')!, {
    actor: null,
    request: '00000000-0000-4000-8000-000000000000',
  });
  await until('one grant is revoked, and one index belongs to none', async () => {
    const now = await indexes();
    return now.length === 4 && !now.some((index) => index.name === orphan);
  });
  t.same(addresses(await rest('other')), before, 'an index changes no order');
});

t.test('attack 4: a node that starts builds what is missing, as after an upgrade or a restore', async (t) => {
  const before = addresses(await rest('again', { limit: 90 }));
  for (const { name } of await indexes()) await client.query(`DROP INDEX data."${name}"`);
  t.same(addresses(await rest('again', { limit: 90 })), before, 'until then pages are sorted');
  await testNode(t, { beside: node, worker: true });
  await until('an index for each grant that hides something', async () => (await indexes()).length === 4);
});

t.test('attack 4: cursor and tag hold no number of a row, and serve one grant only', async (t) => {
  const page = (purpose: string, cursor = '') =>
    node.ask('GET', `/data/${DATASET}/v1/rows?_limit=5${cursor && `&_cursor=${cursor}`}`, {
      as: 'other-app',
      headers: { 'exchange-purpose': purpose },
    });
  const [first, again, other] = [await page('grid-service'), await page('grid-service'), await page('data-quality')];
  const cursor = first.body.page.next_cursor;
  t.not(again.body.page.next_cursor, cursor, 'two cursors of one place are not alike');
  t.not(other.headers.get('etag'), first.headers.get('etag'));
  const { rows: numbers } = await client.query<{ id: string }>('SELECT row_id AS id FROM data.police__household');
  const shown = `${first.text} ${first.headers.get('etag')} ${Buffer.from(cursor, 'base64url').toString('hex')}`;
  t.notOk(numbers.some(({ id }) => shown.includes(id) || shown.includes(id.replaceAll('-', ''))));
  t.equal((await page('grid-service', cursor)).status, 200);
  t.equal((await page('data-quality', cursor)).body.code, 'cursor-ended');
});
