import { randomUUID } from 'node:crypto';
import { mayCombine, PERSON_ROLES, type PersonRole } from '../../src/access/people/role.js';
import { OPERATIONS_OF } from '../../src/access/people/role-operations.js';
import { renderOpenapi } from '../../src/rest/openapi/document.js';
import { type Asking, testNode } from '../support/node.js';
import { personToken, registerPerson } from '../support/people.js';
import t from '../support/tap.js';

const node = await testNode(t);
const { exchange } = node;
const ROLES = Object.keys(PERSON_ROLES) as PersonRole[];
for (const role of ROLES) await node.person(role, { department: 'civil-affairs', roles: [role] });
await node.person('li.na', { department: 'police', roles: ['department-manager'] });
await node.register('reader');
await node.register('civil-app', { department: 'civil-affairs' });

const ME = '/api/v1/me';
const bearer = (token: string): Asking => ({ headers: { authorization: `Bearer ${token}` } });

t.test('the table of roles is what the operations say', (t) => {
  const said = new Map<string, string[]>();
  for (const item of Object.values(renderOpenapi(exchange.policy.current().catalog).paths))
    for (const { operationId, 'x-who': who } of Object.values(item)) said.set(String(operationId), who as string[]);
  for (const [role, operations] of Object.entries(OPERATIONS_OF)) {
    const named = [...said].filter(([, who]) => who.includes(role)).map(([id]) => id);
    t.strictSame([...operations].sort(), named.sort(), role);
  }
  t.end();
});

t.test('a person sees the own account, and what its roles allow', async (t) => {
  const { status, body } = await node.ask('GET', ME, { as: 'li.na' });
  t.equal(status, 200);
  t.match(body.data, { login: 'li.na', department: 'police', roles: ['department-manager'], status: 'active' });
  t.match(body.data.titles, [{ zh: '部门管理员' }]);
  t.ok(body.data.operations.includes('listGrants'));
  t.notOk(body.data.operations.includes('disableApplication'));
});

t.test('each role calls only what the table has', async (t) => {
  const calls: [string, string, string][] = [
    ['listApplications', 'GET', '/api/v1/applications'],
    ['listGrants', 'GET', '/api/v1/grants'],
    ['listUpstreams', 'GET', '/api/v1/upstreams'],
    ['listContracts', 'GET', '/api/v1/catalog'],
    ['listCodeLists', 'GET', '/api/v1/standard/code-lists'],
    ['getEntryBundle', 'GET', '/audit/v1/tile/entries/000.p/1'],
    ['getAuditEntry', 'GET', '/api/v1/audit/entries/0'],
    ['getConsistencyProof', 'GET', '/api/v1/audit/consistency?from=0&to=0'],
    ['disableApplication', 'POST', '/api/v1/applications/nobody/disable'],
    ['withdrawUpstream', 'DELETE', '/api/v1/upstreams/police/none'],
    ['registerApplication', 'POST', '/api/v1/applications'],
    ['issueGrant', 'POST', '/api/v1/grants'],
    ['revokeGrant', 'POST', `/api/v1/grants/${randomUUID()}/revoke`],
    ['publishCatalog', 'POST', '/api/v1/catalog'],
    ['bringPackage', 'POST', '/api/v1/packages'],
  ];
  for (const role of ROLES) {
    const allowed = [...OPERATIONS_OF.person, ...OPERATIONS_OF[role]];
    for (const [id, method, path] of calls) {
      const { status } = await node.ask(method, path, { as: role, audience: 'platform' });
      t.equal(status !== 403, allowed.includes(id), `${role} ${id}: ${status}`);
    }
  }
});

t.test('a person sees what concerns the own department', async (t) => {
  const ids = async (as: string) =>
    (await node.ask('GET', '/api/v1/applications', { as })).body.data.map((one: { clientId: string }) => one.clientId);
  t.strictSame(await ids('department-manager'), ['civil-app']);
  t.strictSame(await ids('li.na'), [], 'a person of one department never sees those of another');
  t.ok((await ids('security-auditor')).length >= 2);
  t.equal((await node.ask('GET', '/api/v1/applications/civil-app', { as: 'li.na' })).status, 404);
  const grant = await node.grant({ application: 'civil-app', dataset: 'police/resident' });
  const path = `/api/v1/grants/${grant.id}`;
  t.equal((await node.ask('GET', path, { as: 'li.na' })).status, 200, 'the provider');
  t.equal((await node.ask('GET', path, { as: 'department-operator' })).status, 200, 'the holder');
  await node.person('zhao', { department: 'housing', roles: ['department-manager'] });
  t.equal((await node.ask('GET', path, { as: 'zhao' })).status, 404, 'a third department');
});

t.test('no token of a person reads data', async (t) => {
  const rows = '/data/police/resident/v1/rows';
  for (const audience of ['data', 'platform'] as const)
    for (const role of ROLES) {
      const asking = bearer(await personToken(exchange, role, { audience }));
      t.equal((await node.ask('GET', rows, asking)).status, 401, `${role}, token for ${audience}`);
      t.equal((await node.ask('POST', '/graphql/v1', { ...asking, body: { query: '{ __typename }' } })).status, 401);
    }
  t.equal((await node.ask('GET', ME, bearer(await personToken(exchange, 'li.na', { audience: 'data' })))).status, 401);
});

t.test('tokens and sessions that are refused', async (t) => {
  const session = randomUUID();
  await exchange.database.app.query(
    "INSERT INTO exchange.session (id, login, client, address) VALUES ($1, 'li.na', 'exchange-cli', '127.0.0.1')",
    [session],
  );
  const asking = bearer(await personToken(exchange, 'li.na', { session }));
  t.equal((await node.ask('GET', ME, asking)).status, 200);
  const set = (column: string, value: string) =>
    exchange.database.app.query(`UPDATE exchange.session SET ${column} = ${value} WHERE id = $1`, [session]);
  const table: [string, string, string, string][] = [
    ['idle for 15 minutes', 'used_at', "now() - interval '15 minutes 1 second'", 'now()'],
    ['older than 12 hours', 'began_at', "now() - interval '12 hours 1 second'", 'now()'],
    ['signed out', 'ended_at', 'now()', 'NULL'],
    ['of somebody else', 'login', "'zhao'", "'li.na'"],
  ];
  for (const [name, column, value, back] of table) {
    await set(column, value);
    t.match((await node.ask('GET', ME, asking)).body, { code: 'unauthenticated' }, `a session ${name}`);
    await set(column, back);
    t.equal((await node.ask('GET', ME, asking)).status, 200, `the session again, not ${name}`);
  }
  t.equal(
    (await node.ask('GET', ME, bearer(await personToken(exchange, 'li.na', { session: randomUUID() })))).status,
    401,
  );
  t.equal((await node.ask('GET', ME, bearer(await personToken(exchange, 'nobody')))).status, 401, 'no such person');
  t.equal((await node.ask('GET', ME, { as: 'reader' })).status, 403, 'an application has no account');
});

t.test('a role taken a second ago', async (t) => {
  const path = '/api/v1/applications/reader/disable';
  await node.person('wang', { department: 'exchange', roles: ['security-administrator'] });
  t.equal((await node.ask('POST', '/api/v1/applications/nobody/disable', { as: 'wang' })).status, 404);
  await node.person('wang', { department: 'exchange', roles: ['platform-operator'] });
  const refused = await node.ask('POST', path, { as: 'wang' });
  t.match(refused.body, { code: 'forbidden', detail: /安全管理员/ });
  const { rows } = await exchange.database.app.query(
    "SELECT convert_from(bytes, 'UTF8') AS bytes FROM audit.entry WHERE event = 'platform.denied' ORDER BY index DESC LIMIT 1",
  );
  t.match(JSON.parse(rows[0].bytes), {
    actor: { subject: 'person:wang', application: 'exchange-cli', department: 'exchange' },
    detail: { code: 'forbidden' },
  });
  const taken = registerPerson(exchange, 'wang', {
    department: 'exchange',
    roles: ['platform-operator'],
    status: 'disabled',
  });
  await taken;
  t.match((await node.ask('POST', path, { as: 'wang' })).body, { code: 'unauthenticated' }, 'a closed account');
});

t.test('a person written by hand opens nothing', async (t) => {
  const forged = { ...exchange.policy.current().people.get('li.na'), roles: ['security-administrator'] };
  await exchange.database.app.query(
    `INSERT INTO exchange.policy_record (kind, id, version, document, entry_index)
     SELECT kind, id, 9, $1, entry_index FROM exchange.policy_record WHERE kind = 'person' AND id = 'li.na'`,
    [JSON.stringify(forged)],
  );
  const fresh = await testNode(t, { beside: node });
  t.strictSame(fresh.exchange.policy.current().people.get('li.na')?.roles, ['department-manager']);
});

t.test('which roles one person may have', (t) => {
  t.ok(mayCombine(['department-operator', 'community-worker']));
  for (const apart of ['security-administrator', 'system-administrator', 'security-auditor'] as const)
    for (const role of ROLES.filter((each) => each !== apart))
      t.notOk(mayCombine([apart, role]), `${apart} and ${role}`);
  t.notOk(mayCombine([]), 'no role at all');
  t.end();
});
