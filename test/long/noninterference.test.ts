import type { Test } from 'tap';
import t from 'tap';
import type { GrantDraft } from '../../src/access/grants/draft-grant.js';
import { fixture } from '../parity/fixture.js';
import type { Row } from '../parity/rows.js';
import type { Reply } from '../support/node.js';

// Two applications that differ in one thing, and two states of the data that differ only in what nobody was granted: no reply may show the
// difference, except by what was granted.
t.setTimeout(120_000);
const here = await fixture(t);
const { node, rows, contract } = here;
const RESIDENT = '/data/police/resident/v1/rows';
const DIVISION = '370303104003';

type Given = Partial<GrantDraft> & Pick<GrantDraft, 'dataset'>;
const NAMES = [...contract('police/resident').fields.keys()];
const open = (dataset: string) =>
  Object.fromEntries([...contract(dataset).fields.values()].map(({ name }) => [name, 'none' as const]));
const masksOf = (fields: readonly string[], masks: Record<string, GrantDraft['masks'][string]> = {}) =>
  Object.fromEntries(fields.map((name) => [name, masks[name] ?? ('none' as const)]));

let pairs = 0;
/** Names of one length, so that no length differs because of a name. */
async function pair(left: readonly Given[], right: readonly Given[]): Promise<[string, string]> {
  pairs += 1;
  const names: [string, string] = [`pair-${pairs}-a`, `pair-${pairs}-b`];
  for (const [i, given] of [left, right].entries()) {
    await node.register(names[i]!);
    for (const draft of given) await node.grant({ application: names[i]!, ...draft });
  }
  return names;
}

interface Ask {
  method?: string;
  path: string;
  body?: unknown;
}
const query = (body: unknown): Ask => ({ method: 'POST', path: `${RESIDENT}/query`, body });
const graphql = (text: string, variables?: unknown): Ask => ({
  method: 'POST',
  path: '/graphql/v1',
  body: { query: text, variables },
});

/** Everything a caller can see of a reply and of its own entry; values that change with every request are replaced by their length. */
async function seen(as: string, { method = 'GET', path, body }: Ask): Promise<{ reply: Reply; text: string }> {
  const reply = await node.ask(method, path, { as, body });
  const receipt = /index=(\d+)/.exec(reply.headers.get('exchange-receipt') ?? '');
  const entry = receipt === null ? undefined : await node.ask('GET', `/api/v1/audit/entries/${receipt[1]}`, { as });
  if (entry !== undefined && entry.status !== 200) throw new Error(entry.text);
  const headers = [...reply.headers].filter(([name]) => !['date', 'exchange-receipt', 'ratelimit'].includes(name));
  const { index: _, bytes: __, ...told } = entry?.body ?? {};
  return { reply, text: leveled(JSON.stringify([reply.status, headers, reply.text, told], null, 1), as) };
}

function leveled(text: string, as: string): string {
  return text
    .replaceAll(as, '(application)')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '(uuid)')
    .replace(/(_id\\?": ?\\?"|"_id\\":\\")[A-Za-z0-9_-]{22}/g, '$1(id)')
    .replace(
      /(next_cursor|endCursor|cursor)(\\?":\\?"|=)([A-Za-z0-9_-]{48,})/g,
      (_, name, at, text) => `${name}${at}(${text.length})`,
    )
    .replace(/_cursor=([A-Za-z0-9_-]{48,})/g, (_, text) => `_cursor=(${text.length})`)
    .replace(/W\/(\\?")[A-Za-z0-9_-]{27}/g, 'W/$1(tag)')
    .replace(/"(answerDigest|queryDigest|sealedDigest|salt|time|content-length|grant)": ?"[^"]*"/g, '"$1": (new)')
    .replace(/"content-length",\s*"\d+"/g, '"content-length"');
}

const EVERY: readonly Ask[] = [
  { path: `${RESIDENT}?_limit=7&_count=exact&_select=gender,status` },
  { path: `${RESIDENT}?_limit=7&_sort=household_no&_select=gender,household_no&gender=1` },
  query({ select: ['gender'], sort: ['-born'], limit: 9, count: 'exact' }),
  query({ select: ['gender', 'born'], where: { not: { field: 'born', op: 'gte', value: '1990-01-01' } }, limit: 50 }),
  query({ select: ['gender'], expand: ['household.house'], limit: 5 }),
  query({ where: { field: 'household.members_count', op: 'gte', value: 3 }, select: ['status'], count: 'exact' }),
  graphql(
    '{ police { resident_list(first: 6, sort: ["born"]) { totalCount pageInfo { hasNextPage endCursor } nodes { gender household { members_count } } } } }',
  ),
  // Refused, each by name.
  { path: `${RESIDENT}?gendr=1` },
  { path: `${RESIDENT}?name=x` },
  query({ select: ['occupation'] }),
  query({ sort: ['occupation'] }),
  query({ where: { field: 'police_station', op: 'eq', value: 'x' } }),
  { path: `${RESIDENT}/AAAAAAAAAAAAAAAAAAAAAA?_select=gender` },
  { method: 'POST', path: `${RESIDENT}/lookup`, body: { keys: ['370399190001010011'], select: ['gender'] } },
];
/** Every way to use the phone in an ask. */
const PHONE: readonly Ask[] = [
  query({ select: ['phone'], limit: 3 }),
  query({ where: { field: 'phone', op: 'eq', value: '0533-2180000' }, select: ['gender'], count: 'exact' }),
  query({ where: { not: { field: 'phone', op: 'null', value: true } }, select: ['gender'], count: 'exact' }),
  query({
    where: {
      or: [
        { field: 'gender', value: '1' },
        { field: 'phone', op: 'startswith', value: '19' },
      ],
    },
    select: ['gender'],
  }),
  graphql('{ police { resident_list(first: 2, where: { phone: { ne: "1" } }) { totalCount } } }'),
];

async function alike(t: Test, [a, b]: [string, string], asks: readonly Ask[], what: string): Promise<void> {
  for (const ask of asks) {
    const [left, right] = [await seen(a, ask), await seen(b, ask)];
    t.equal(right.text, left.text, `${what}: ${JSON.stringify(ask).slice(0, 150)}`);
  }
}

const household: Given = { dataset: 'police/household', masks: open('police/household') };
const house: Given = { dataset: 'housing/house' };
const without = (...names: string[]) => NAMES.filter((name) => !names.includes(name));

t.test('one more field changes only answers that use it', async (t) => {
  const small = without('occupation', 'police_station', 'phone');
  const large = without('occupation', 'police_station');
  // Nobody is hidden, children neither, so the rows of both come in one order.
  const given = (fields: string[]): Given => ({
    dataset: 'police/resident',
    fields,
    masks: { ...masksOf(fields), minors: 'none' },
  });
  const both = await pair([given(small), household, house], [given(large), household, house]);
  await alike(t, both, EVERY, 'field');
  for (const ask of PHONE) {
    const [narrow, wide] = [await seen(both[0], ask), await seen(both[1], ask)];
    t.equal(wide.reply.status, 200);
    t.match(wide.reply.body.errors, undefined);
    const refused = narrow.reply.body.code ?? narrow.reply.body.errors[0].extensions.problem;
    t.equal(refused, 'field-not-granted', JSON.stringify(ask));
    t.match(narrow.reply.text, /phone/, 'and says which');
    t.notMatch(narrow.reply.text, /"total|"count|2180000/, 'no count, no value');
  }
});

t.test('a mask changes only the masked value, and refuses every other use of the field', async (t) => {
  const fields = without('occupation', 'police_station');
  const given = (masks: Given['masks']): Given => ({
    dataset: 'police/resident',
    fields,
    masks: { ...masksOf(fields, masks), minors: 'none' },
  });
  const both = await pair([given({ phone: 'phone' }), household, house], [given({}), household, house]);
  await alike(t, both, EVERY, 'mask');
  const [masked, bare] = [await seen(both[0], PHONE[0]!), await seen(both[1], PHONE[0]!)];
  t.same(
    masked.reply.body.data.map((row: Row) => typeof row.phone),
    bare.reply.body.data.map((row: Row) => typeof row.phone),
    'present and absent values stay so',
  );
  const refusals = new Set<string>();
  for (const ask of PHONE.slice(1)) {
    const { reply } = await seen(both[0], ask);
    refusals.add(reply.body.code ?? reply.body.errors[0].extensions.problem);
    t.notMatch(reply.text, /"count":\d|"totalCount":\d|2180000/);
  }
  t.same([...refusals], ['field-not-granted']);
  // hidden and absent look the same, for any value
  const hidden = await pair([given({ phone: 'hide' })], [given({ phone: 'hide' })]);
  const { reply } = await seen(hidden[0], query({ select: ['phone'], limit: 1000 }));
  t.ok(reply.body.data.every((row: Row) => row.phone === null));
});

t.test('one more row in scope adds that row, and nothing else', async (t) => {
  const fields = without('occupation', 'police_station');
  const given = (codes: string[]): Given => ({
    dataset: 'police/resident',
    fields,
    masks: { ...masksOf(fields), minors: 'none' },
    rows: { scope: [{ field: 'residence_division', in: codes }] },
  });
  const both = await pair([given([DIVISION])], [given([DIVISION, '370303107001'])]);
  const ask = query({ select: ['id_number', 'residence_division'], limit: 1000, count: 'exact' });
  const [narrow, wide] = [await seen(both[0], ask), await seen(both[1], ask)];
  const numbers = (reply: Reply) => reply.body.data.map((row: Row) => row.id_number);
  const own = wide.reply.body.data.filter((row: Row) => row.residence_division === DIVISION);
  t.same(
    numbers(narrow.reply),
    own.map((row: Row) => row.id_number),
    'the same rows in the same order',
  );
  t.equal(narrow.reply.body.page.count, own.length);
  // A row outside the scope and an absent one: the same bytes.
  const outside = rows['police/resident']!.find((row) => row.residence_division === '370303107001')!;
  const absent = '370399190001010011';
  const lookup = (key: unknown): Ask => ({
    method: 'POST',
    path: `${RESIDENT}/lookup`,
    body: { keys: [key], select: ['gender'] },
  });
  const [one, other] = [await seen(both[0], lookup(outside.id_number)), await seen(both[0], lookup(absent))];
  t.equal(one.text.replaceAll(String(outside.id_number), absent), other.text, 'lookup');
  const filter = (value: unknown) =>
    query({ where: { field: 'id_number', op: 'eq', value }, select: ['gender'], count: 'exact' });
  t.equal((await seen(both[0], filter(outside.id_number))).text, (await seen(both[0], filter(absent))).text, 'filter');
  const foreignId = wide.reply.body.data.find((row: Row) => row.id_number === outside.id_number)._id;
  const [theirs, none] = [
    await seen(both[0], { path: `${RESIDENT}/${foreignId}` }),
    await seen(both[0], { path: `${RESIDENT}/AAAAAAAAAAAAAAAAAAAAAA` }),
  ];
  t.equal(theirs.reply.status, 404);
  t.equal(theirs.text, none.text, 'by an _id of another application');
});

t.test('data that nobody is granted may change without a sign', async (t) => {
  const fields = without('occupation', 'phone', 'police_station');
  const masks = { ...masksOf(fields, { name: 'initial', residence_address: 'hide' }) };
  const scope = { scope: [{ field: 'residence_division', prefix: ['3703031040'] }] };
  await node.register('watch-app');
  await node.grant({ application: 'watch-app', dataset: 'police/resident', fields, masks, rows: scope });
  await node.grant({
    application: 'watch-app',
    ...household,
    rows: { scope: [{ field: 'division_code', in: [DIVISION] }] },
  });
  await node.grant({ application: 'watch-app', ...house });
  const asks = [
    ...EVERY,
    ...PHONE,
    query({ select: ['name', 'residence_address'], limit: 200 }),
    query({ limit: 200, count: 'exact' }),
  ];
  const looks = async () => {
    const all: string[] = [];
    for (const ask of asks)
      all.push(
        (await seen('watch-app', ask)).text.replace(/release\\?": ?\d+|"exchange-release",\s*"\d+"/g, 'release'),
      );
    return all;
  };
  const before = await looks();
  const resident = rows['police/resident']!;
  const inside = resident.filter((row) => String(row.residence_division).startsWith('3703031040'));
  const outside = resident.filter((row) => !String(row.residence_division).startsWith('3703031040'));
  const [first, second, third] = inside.filter((row) => [...String(row.name)].length > 1);
  const changed = [
    { ...first!, phone: '19900000000', occupation: '秘' }, // fields that are not granted
    { ...second!, name: `${[...String(second!.name)][0]}不同`, residence_address: '他处9号' }, // values that the masks hide
    { ...third!, police_station: '370303999999' },
    { ...outside[0]!, gender: outside[0]!.gender === '1' ? '2' : '1', status: '8' }, // a row outside the scope
    { ...outside[1]!, born: '1931-01-01', id_kind: '414', id_number: 'E99999999' }, // and one that is new there
  ];
  await here.deliver('police/resident', changed, 'delta');
  const theirs = rows['police/household']!.find((row) => row.division_code !== DIVISION)!;
  await here.deliver('police/household', [{ ...theirs, members_count: 99, head_name: '另一人' }], 'delta');
  const after = await looks();
  for (const [i, text] of before.entries()) t.equal(after[i], text, JSON.stringify(asks[i]).slice(0, 150));
});
