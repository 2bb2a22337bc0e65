import { randomUUID } from 'node:crypto';
import { residentRows } from '../../src/demo/people/police-rows.js';
import { planPopulation } from '../../src/demo/places/plan.js';
import { settleRequests } from '../../src/workflow/access-request/settle.js';
import { deliverRows, delivers, publishPart } from '../support/catalog-part.js';
import { type Reply, testNode } from '../support/node.js';
import t from '../support/tap.js';
import { BAD_DRAFTS, BAD_STEPS, draft, inDays, type Login, people } from './bad-requests.js';
import { forbiddenStep } from './random-steps.js';

const node = await testNode(t, { catalog: false });
await publishPart(node, ['police/resident', 'grid-center/grid', 'housing/house']);
await node.register('grid-app', { department: 'grid-center' });
await node.register('other-app', { department: 'housing' });
for (const [login, { department, roles }] of Object.entries(people))
  await node.person(login, { department, roles: [...roles] });

const REQUESTS = '/api/v1/access-requests';
const make = (as: Login, body: unknown = draft) =>
  node.ask('POST', REQUESTS, { as, headers: { 'idempotency-key': randomUUID() }, body });
const read = async (id: string, as: Login = 'wang') => (await node.ask('GET', `${REQUESTS}/${id}`, { as })).body.data;
async function take(step: string, id: string, as: Login, body: object = {}, version?: number): Promise<Reply> {
  const headers = { 'idempotency-key': randomUUID(), 'if-match': `"${version ?? (await versionOf(id))}"` };
  return node.ask('POST', `${REQUESTS}/${id}/${step}`, { as, headers, body });
}
async function versionOf(id: string): Promise<number> {
  const text = 'SELECT version FROM exchange.access_request WHERE id = $1';
  return (await node.exchange.database.app.query<{ version: number }>(text, [id])).rows[0]?.version ?? 0;
}
async function done(step: string, id: string, as: Login, body: object = {}): Promise<any> {
  const reply = await take(step, id, as, body);
  if (reply.status !== 200) throw new Error(`${step}: ${reply.status} ${reply.text}`);
  return reply.body.data;
}
async function entryOf(reply: Reply): Promise<any> {
  const index = /index=(\d+)/.exec(reply.headers.get('exchange-receipt') ?? '')?.[1];
  const text = `SELECT convert_from(bytes, 'UTF8')::json AS entry FROM audit.entry WHERE index = $1`;
  return (await node.exchange.database.app.query(text, [index])).rows[0]?.entry;
}

await delivers(node, 'police/resident');
await deliverRows(node, 'police/resident', [...residentRows(planPopulation(20, 1))]);
const ROWS = '/data/police/resident/v1/rows?_select=name,gender&_limit=2';
const reading = async () => (await node.ask('GET', ROWS, { as: 'grid-app' })).status;

/** A request that the police have in review. */
async function inReview(more: object = {}): Promise<string> {
  const made = await make('li', { ...draft, ...more });
  if (made.status !== 201) throw new Error(made.text);
  const { id } = made.body.data;
  await done('approve', id, 'wang');
  await done('submit', id, 'li');
  await done('accept', id, 'zhao');
  return id;
}

let active = { id: '', grant: '' };

t.test('a request from its draft to a grant, suspended and resumed', async (t) => {
  const made = await make('li');
  t.equal(made.status, 201, made.text);
  const { id } = made.body.data;
  t.match(await entryOf(made), {
    event: 'request.drafted',
    actor: { subject: 'person:li', department: 'grid-center' },
  });
  t.equal((await node.ask('GET', `${REQUESTS}/${id}`, { as: 'chen' })).status, 404, "a draft is its own department's");
  t.match(
    await make('wang'),
    { status: 409, body: { detail: new RegExp(id) } },
    'a second one for the same, naming it',
  );
  await done('approve', id, 'wang');
  const submitted = await take('submit', id, 'li');
  t.match(submitted.body.data, {
    state: 'submitted',
    clocks: [{ duty: 'reply-conditional', article: 21, department: 'police', ended: null }],
  });
  t.match(await entryOf(submitted), {
    detail: { request: { step: 'submit', from: 'approved', to: 'submitted', clock: 'start-reply' } },
  });
  t.equal(await reading(), 404, 'nothing is open yet');
  const task = (await node.ask('GET', '/api/v1/tasks', { as: 'zhao' })).body.data;
  t.match(task, [
    { request: id, clock: { article: 21, overdue: false }, operations: [{ operation: 'acceptAccessRequest' }] },
  ]);
  await done('accept', id, 'zhao');
  const due = (await read(id)).clocks[0].due;
  await done('ask-supplement', id, 'zhao', { items: ['使用人员名单', '安全责任书'] });
  t.equal((await read(id)).clocks[0].due, due, 'a supplement does not stop the clock');
  const stopped = await take('stop-clock', id, 'zhou', { reasons: '需跨部门取证' });
  t.match(stopped.body.data.clocks, [{ due: null, pauses: [{ until: null }] }], 'unless the authority stops it');
  t.match(await entryOf(stopped), { event: 'request.clock-stopped', detail: { request: { clock: 'pause' } } });
  await done('supplement', id, 'li', { answers: ['见附件', '已签'] });
  await done('still-missing', id, 'zhao', { missing: [0] });
  const answered = await done('supplement', id, 'li', { answers: ['张三等十二人'] });
  t.match(answered, {
    state: 'in-review',
    supplement: { answers: ['张三等十二人', '已签'], missing: [] },
    clocks: [{ due }],
  });
  await done('ask-extension', id, 'chen', { workingDays: 5, reasons: '涉及多个系统' });
  t.match((await node.ask('GET', '/api/v1/tasks', { as: 'zhou' })).body.data, [
    { request: id, operations: [{ step: 'extend' }, {}] },
  ]);
  const extended = await done('extend', id, 'zhou');
  t.match(extended.clocks, [{ extension: 5 }]);
  t.ok(extended.clocks[0].due > due);

  const terms = {
    fields: ['name', 'gender'],
    masks: { name: 'hide' },
    validUntil: inDays(100),
    reasons: '出生日期与用途无关',
  };
  const agreed = await take('agree', id, 'chen', terms);
  t.match(agreed.body.data, { state: 'active', decision: { outcome: 'agreed-in-part', by: 'chen' } }, agreed.text);
  t.match(
    agreed.body.data.clocks,
    [
      { duty: 'reply-conditional', ended: /^2/ },
      { duty: 'provision', article: 22, ended: /^2/ },
    ],
    'the release can be read already',
  );
  const { grant } = agreed.body.data;
  t.match(await entryOf(agreed), {
    event: 'grant.issued',
    detail: { record: { kind: 'grant', id: grant }, request: { id, outcome: 'agreed-in-part' } },
  });
  const page = await node.ask('GET', ROWS, { as: 'grid-app' });
  t.equal(page.status, 200, page.text);
  t.match(page.body.data, [{ name: null }, { name: null }], 'read under exactly that grant');
  t.equal(
    (await node.ask('GET', ROWS.replace('gender', 'born'), { as: 'grid-app' })).status,
    403,
    'a field that was not agreed',
  );

  t.match(await entryOf(await take('suspend', id, 'chen', { reasons: '超范围使用' })), { event: 'grant.suspended' });
  t.equal(await reading(), 403, 'suspended');
  await done('rectify', id, 'wang', { statement: '已停用违规账号' });
  await done('refuse-rectification', id, 'sun', { reasons: '未说明去向' });
  await done('rectify', id, 'wang', { statement: '数据已清除，附清单' });
  await done('resume', id, 'sun');
  t.equal(await reading(), 200, 'resumed');
  active = { id, grant };
});

t.test('the same request goes on: renewed, terminated, disposed of', async (t) => {
  const { id, grant } = active;
  const linkage = node.exchange.policy.current().grants.get(grant)?.linkage;
  const next = await inReview({ renews: id, validUntil: inDays(400) });
  const renewed = await take('agree', next, 'chen');
  t.match(renewed.body.data, { state: 'active', grant, decision: { outcome: 'agreed' } }, renewed.text);
  t.match(await entryOf(renewed), { event: 'grant.renewed', detail: { request: { renews: id } } });
  t.match(
    node.exchange.policy.current().grants.get(grant),
    { version: 4, linkage, fields: draft.fields },
    'the same linkage key',
  );
  t.match(await read(id), { state: 'renewed' });

  const ended = await take('terminate', next, 'chen', { cause: 'purpose-fulfilled', reasons: '工作结束' });
  t.match(await entryOf(ended), { event: 'grant.revoked' });
  t.equal(await reading(), 404, 'terminated');
  await done('ask-disposal', next, 'zhao');
  t.match(await done('confirm-disposal', next, 'wang', { statement: '已销毁，见记录' }), {
    state: 'disposed',
    may: [],
  });
  const { steps } = await read(next, 'chen');
  t.match(steps.at(-1), { step: 'confirm-disposal', person: 'wang', said: { statement: '已销毁，见记录' } });
});

t.test('a grant waits for its first release, ends with its time, and is refused with reasons', async (t) => {
  await node.register('house-app', { department: 'grid-center' });
  const house = {
    ...draft,
    application: 'house-app',
    dataset: 'housing/house',
    fields: ['house_code'],
    masks: {},
    rows: { all: true },
  };
  const more = { ...house, allRowsBasis: '全区房屋底图', validUntil: new Date(Date.now() + 60_000).toISOString() };
  const made = await make('li', more);
  t.equal(made.status, 201, made.text);
  const { id } = made.body.data;
  await done('approve', id, 'wang');
  await done('submit', id, 'li');
  await done('accept', id, 'wu');
  t.match(await done('agree', id, 'wu'), { state: 'provisioning', clocks: [{}, { duty: 'provision', ended: null }] });
  await settleRequests(node.exchange);
  t.match(await read(id), { state: 'provisioning' });
  node.exchange.releases.moved('housing/house', 1);
  await settleRequests(node.exchange);
  t.match(await read(id), {
    state: 'active',
    clocks: [{}, { ended: /^2/ }],
    steps: { 5: { step: 'provide', person: null } },
  });
  const later = { ...node.exchange.clock, now: () => Date.now() + 61_000 };
  await settleRequests({ ...node.exchange, clock: later });
  t.match(await read(id), { state: 'expired' });
  const refused = await inReview();
  t.match(await done('refuse', refused, 'chen', { reasons: '与职责无关' }), {
    state: 'refused',
    decision: { reasons: '与职责无关' },
    may: [],
    clocks: [{ ended: /^2/ }],
  });
  t.equal((await make('li')).status, 201, 'a refused request is not open');
});

t.test('two people decide at once: the second is told who did', async (t) => {
  const [open] = (await node.ask('GET', `${REQUESTS}?state=draft`, { as: 'li' })).body.data;
  await done('withdraw', open.id, 'li');
  const id = await inReview();
  const version = await versionOf(id);
  const both = await Promise.all([
    take('agree', id, 'chen', {}, version),
    take('refuse', id, 'sun', { reasons: '不同意' }, version),
  ]);
  t.strictSame(both.map(({ status }) => status).sort(), [200, 412]);
  t.match(both.find(({ status }) => status === 412)?.body, {
    code: 'changed-meanwhile',
    detail: /(chen|sun) \(police\)|the exchange/,
  });
  const key = { 'idempotency-key': randomUUID(), 'if-match': `"${await versionOf(id)}"` };
  const state = (await read(id)).state;
  if (state === 'active') {
    const ask = () =>
      node.ask('POST', `${REQUESTS}/${id}/terminate`, {
        as: 'chen',
        headers: key,
        body: { cause: 'misuse', reasons: '演练' },
      });
    const first = await ask();
    t.equal((await ask()).text, first.text, 'the same key gives the stored reply');
  }
});

t.test('a role that was taken away a moment ago decides nothing', async (t) => {
  const id = await inReview();
  await node.person('sun', { department: 'police', roles: ['department-operator'] });
  t.match(await take('agree', id, 'sun'), { status: 403 });
  await node.person('sun', { department: 'police', roles: ['department-manager'], status: 'disabled' });
  t.match(await take('agree', id, 'sun'), { status: 401 });
  t.match(await read(id), { state: 'in-review' });
  await done('withdraw', id, 'li');
});

t.test('drafts that are refused', async (t) => {
  for (const [what, body, as, status, pointer] of BAD_DRAFTS) {
    const reply = await make(as, body);
    t.equal(reply.status, status, `${what}: ${reply.text}`);
    if (pointer !== undefined) t.match(reply.body.errors, [{ pointer }], what);
  }
  t.equal(
    (await node.ask('POST', REQUESTS, { as: 'grid-app', headers: { 'idempotency-key': 'x' }, body: draft })).status,
    403,
    'a program asks for nothing',
  );
  t.equal((await node.ask('POST', REQUESTS, { as: 'li', body: draft })).status, 400, 'no idempotency key');
});

t.test('steps that are refused', async (t) => {
  const id = await inReview();
  for (const [what, step, as, body, status] of BAD_STEPS) {
    const reply = await take(step, id, as, body);
    t.equal(reply.status, status, `${what}: ${reply.text}`);
  }
  await done('ask-supplement', id, 'zhao', { items: ['名单'] });
  t.equal((await take('supplement', id, 'li', { answers: ['a', 'b'] })).status, 422, 'more answers than items');
  await done('supplement', id, 'li', { answers: ['a'] });
  t.equal((await take('ask-supplement', id, 'zhao', { items: ['另一份'] })).status, 409, 'a second list');
  t.equal((await take('still-missing', id, 'zhao', { missing: [1] })).status, 422, 'an item that is not of the list');
  const path = `${REQUESTS}/${id}/refuse`;
  const key = { 'idempotency-key': randomUUID() };
  t.match(await node.ask('POST', path, { as: 'chen', headers: key, body: { reasons: 'x' } }), {
    status: 428,
    body: { code: 'if-match-missing' },
  });
  t.match(await node.ask('POST', path, { as: 'chen', headers: { ...key, 'if-match': '*' }, body: { reasons: 'x' } }), {
    status: 400,
  });
  t.match(await take('refuse', id, 'chen', { reasons: 'x' }, 1), {
    status: 412,
    body: { detail: /li \(grid-center\) took the step supplement/ },
  });
  t.match(await take('agree', randomUUID(), 'chen', {}, 1), { status: 404 });
  await done('agree', id, 'chen');
  t.equal(
    (await take('terminate', id, 'wang', { cause: 'misuse', reasons: 'x' })).status,
    403,
    'an applicant accuses itself of nothing',
  );
  t.equal(
    (await take('terminate', id, 'chen', { cause: 'provider-change', reasons: 'x' })).status,
    422,
    'a change without consultation and filing',
  );
  await done('terminate', id, 'wang', { cause: 'purpose-fulfilled', reasons: '用完' });

  const own = await make('wang');
  t.equal((await take('approve', own.body.data.id, 'wang')).status, 403, 'nobody approves what they made');
  await node.ask('PUT', `${REQUESTS}/${own.body.data.id}`, { as: 'li', headers: { 'if-match': '"1"' }, body: draft });
  t.equal((await take('approve', own.body.data.id, 'wang')).status, 403, 'nor what they made and another one changed');
  t.match(
    await node.ask('PUT', `${REQUESTS}/${own.body.data.id}`, { as: 'li', headers: { 'if-match': '"1"' }, body: draft }),
    { status: 412 },
  );
});

t.test('lists in pages, and a notice that moves the due dates', async (t) => {
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await node.ask('GET', `${REQUESTS}?limit=2${cursor}`, { as: 'auditor' });
    seen.push(...body.data.map(({ id }: { id: string }) => id));
    if (!body.page.hasMore) break;
    cursor = `&cursor=${body.page.nextCursor}`;
  }
  t.ok(seen.length > 4);
  t.equal(new Set(seen).size, seen.length, 'none twice');
  t.match(await node.ask('GET', `${REQUESTS}?cursor=AAAAAAAAAAAA`, { as: 'auditor' }), {
    status: 400,
    body: { code: 'bad-cursor' },
  });
  t.match((await node.ask('GET', `${REQUESTS}?overdue=true&side=provider`, { as: 'chen' })).body, { data: [] });
  t.match((await node.ask('GET', `${REQUESTS}?dataset=housing/house`, { as: 'wu' })).body.data, [
    { asked: { application: 'house-app' } },
  ]);
  t.match((await node.ask('GET', '/api/v1/tasks', { as: 'auditor' })).body, { data: [], page: { hasMore: false } });
  const [own] = (await node.ask('GET', `${REQUESTS}?state=draft`, { as: 'li' })).body.data;
  await done('withdraw', own.id, 'li');
  const id = await inReview();
  const { due, started } = (await read(id)).clocks[0];
  const year = Number(due.slice(0, 4));
  const notice = { year, source: '测试', holidays: [due], workdays: [] };
  t.equal((await node.ask('PUT', '/api/v1/calendar', { as: 'zhou', body: notice })).status, 200);
  const [moved] = (await read(id)).clocks;
  t.ok(moved.due > due, `${moved.due}, not ${due} of ${started}`);
});

t.test('random steps by random people: no step is taken that the table forbids', async (t) => {
  t.equal(forbiddenStep(), undefined);
});
