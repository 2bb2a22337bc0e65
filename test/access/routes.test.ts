import { randomUUID } from 'node:crypto';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';
import { publicJwk } from './keys.js';

const node = await testNode(t);
await node.register('operator', { department: 'exchange', roles: ['operator'] });
await node.register('auditor', { department: 'exchange', roles: ['auditor'] });
await node.register('reader');
const key = () => ({ 'idempotency-key': randomUUID() });
const APPLICATIONS = '/api/v1/applications';
const GRANTS = '/api/v1/grants';

const registration = (clientId: string) => ({
  clientId,
  title: '测试应用',
  department: 'grid-center',
  jwks: { keys: [publicJwk(`${clientId}-1`)] },
});
const draft = {
  application: 'reader',
  dataset: 'grid-center/grid',
  major: 1,
  mode: 'read',
  fields: ['code', 'name'],
  masks: {},
  rows: { all: true },
  purposes: ['grid-service'],
  legalBasis: '《政务数据共享条例》第二十一条',
  validUntil: new Date(Date.now() + 86_400_000).toISOString(),
};
const entry = (receipt: string | null) => Number(/index=(\d+)/.exec(receipt ?? '')?.[1] ?? Number.NaN);
const eventOf = async (receipt: string | null): Promise<string | undefined> => {
  const { rows } = await node.exchange.database.app.query('SELECT event FROM audit.entry WHERE index = $1', [
    entry(receipt),
  ]);
  return rows[0]?.event;
};

t.test('an application from registration to its end', async (t) => {
  const headers = key();
  const made = await node.ask('POST', APPLICATIONS, { as: 'operator', headers, body: registration('newcomer') });
  t.equal(made.status, 201, made.text);
  t.equal(made.headers.get('location'), `${APPLICATIONS}/newcomer`);
  t.match(made.body, { data: { clientId: 'newcomer', status: 'active', roles: [] } });
  t.equal(await eventOf(made.headers.get('exchange-receipt')), 'application.registered');
  t.equal(
    (await node.ask('POST', APPLICATIONS, { as: 'operator', headers, body: registration('newcomer') })).status,
    422,
    'another body (a fresh key)',
  );
  t.equal(
    (await node.ask('POST', APPLICATIONS, { as: 'operator', headers: key(), body: registration('newcomer') })).status,
    409,
  );
  const seen = await node.ask('GET', `${APPLICATIONS}/newcomer`, { as: 'auditor' });
  t.match(seen.body, { data: { clientId: 'newcomer' } });
  t.equal((await node.ask('GET', `${APPLICATIONS}/newcomer`, { as: 'reader' })).status, 404, 'not for others');
  const own = (await node.ask('GET', APPLICATIONS, { as: 'reader' })).body as { data: { clientId: string }[] };
  t.strictSame(
    own.data.map((one) => one.clientId),
    ['reader'],
  );
  const gone = await node.ask('POST', `${APPLICATIONS}/newcomer/disable`, { as: 'operator' });
  t.match(gone.body, { data: { status: 'disabled' } });
  t.equal(await eventOf(gone.headers.get('exchange-receipt')), 'application.disabled');
  t.equal((await node.ask('POST', `${APPLICATIONS}/newcomer/disable`, { as: 'operator' })).status, 409);
  t.equal((await node.ask('POST', `${APPLICATIONS}/nobody/disable`, { as: 'operator' })).status, 404);
});

t.test('a grant from issue to revocation', async (t) => {
  const page = '/data/grid-center/grid/v1/rows';
  t.equal((await node.ask('GET', page, { as: 'reader' })).status, 404);
  const headers = key();
  const made = await node.ask('POST', GRANTS, { as: 'operator', headers, body: draft });
  t.equal(made.status, 201, made.text);
  const { data: grant } = made.body as { data: { id: string; version: number; linkage?: string } };
  t.equal(grant.version, 1);
  t.notOk('linkage' in grant);
  t.equal(await eventOf(made.headers.get('exchange-receipt')), 'grant.issued');
  const again = await node.ask('POST', GRANTS, { as: 'operator', headers, body: draft });
  t.equal(again.text, made.text, 'the same key gives the stored reply');
  t.equal((await node.ask('POST', GRANTS, { as: 'operator', headers: key(), body: draft })).status, 409);
  t.equal((await node.ask('GET', page, { as: 'reader' })).status, 200, 'it opens');
  const own = (await node.ask('GET', GRANTS, { as: 'reader' })).body as { data: { id: string }[] };
  t.strictSame(
    own.data.map((one) => one.id),
    [grant.id],
  );
  t.match((await node.ask('GET', `${GRANTS}/${grant.id}`, { as: 'reader' })).body, { data: { status: 'active' } });
  await node.register('other');
  t.equal((await node.ask('GET', `${GRANTS}/${grant.id}`, { as: 'other' })).status, 404, 'not for others');
  t.strictSame((await node.ask('GET', GRANTS, { as: 'other' })).body, { data: [] });
  t.equal(
    (await node.ask('POST', `${GRANTS}/${grant.id}/revoke`, { as: 'reader' })).status,
    403,
    'not by its own application',
  );
  const revoked = await node.ask('POST', `${GRANTS}/${grant.id}/revoke`, { as: 'operator' });
  t.match(revoked.body, { data: { status: 'revoked', version: 2 } });
  t.equal(await eventOf(revoked.headers.get('exchange-receipt')), 'grant.revoked');
  t.equal((await node.ask('GET', page, { as: 'reader' })).status, 404, 'it closes');
  t.equal((await node.ask('POST', `${GRANTS}/${grant.id}/revoke`, { as: 'operator' })).status, 409);
});

t.test('calls that are refused', async (t) => {
  const ok = registration('another');
  const table: [string, string, string, object, number, string][] = [
    ['no token', 'POST', GRANTS, { headers: key(), body: draft }, 401, 'unauthenticated'],
    ['a token for the data', 'GET', GRANTS, { as: 'reader', audience: 'data' }, 401, 'unauthenticated'],
    ['issuing without the role', 'POST', GRANTS, { as: 'reader', headers: key(), body: draft }, 403, 'forbidden'],
    [
      'registering without the role',
      'POST',
      APPLICATIONS,
      { as: 'auditor', headers: key(), body: ok },
      403,
      'forbidden',
    ],
    ['disabling without the role', 'POST', `${APPLICATIONS}/reader/disable`, { as: 'reader' }, 403, 'forbidden'],
    ['no idempotency key', 'POST', GRANTS, { as: 'operator', body: draft }, 400, 'idempotency-key-missing'],
    [
      'an unknown property',
      'POST',
      GRANTS,
      { as: 'operator', headers: key(), body: { ...draft, purpose: 'x' } },
      400,
      'bad-body',
    ],
    [
      'a missing property',
      'POST',
      GRANTS,
      { as: 'operator', headers: key(), body: { ...draft, rows: undefined } },
      400,
      'bad-body',
    ],
    [
      'a number as text',
      'POST',
      GRANTS,
      { as: 'operator', headers: key(), body: { ...draft, major: '1' } },
      400,
      'bad-body',
    ],
    [
      'both kinds of rows',
      'POST',
      GRANTS,
      { as: 'operator', headers: key(), body: { ...draft, rows: { all: true, scope: [] } } },
      400,
      'bad-body',
    ],
    [
      'no body',
      'POST',
      GRANTS,
      { as: 'operator', headers: { ...key(), 'content-type': 'application/json' } },
      400,
      'bad-body',
    ],
    ['not an object', 'POST', GRANTS, { as: 'operator', headers: key(), body: [] }, 400, 'bad-body'],
    [
      'an unknown field',
      'POST',
      GRANTS,
      { as: 'operator', headers: key(), body: { ...draft, fields: ['nmae'] } },
      422,
      'unprocessable',
    ],
    [
      'a private key',
      'POST',
      APPLICATIONS,
      { as: 'operator', headers: key(), body: { ...ok, jwks: { keys: [{ ...publicJwk('k'), d: 'AAAA' }] } } },
      422,
      'unprocessable',
    ],
    [
      'an unknown property of a registration',
      'POST',
      APPLICATIONS,
      { as: 'operator', headers: key(), body: { ...ok, secret: 'x' } },
      400,
      'bad-body',
    ],
    ['a grant id that is none', 'GET', `${GRANTS}/nothing`, { as: 'operator' }, 400, 'bad-value'],
    ['a grant that does not exist', 'GET', `${GRANTS}/${randomUUID()}`, { as: 'operator' }, 404, 'not-found'],
  ];
  for (const [name, method, path, asking, status, code] of table) {
    const reply = await node.ask(method, path, asking);
    t.equal(reply.status, status, `${name}: ${reply.text}`);
    t.equal((reply.body as { code?: string })?.code, code, name);
    if (status === 403)
      t.equal(await eventOf(reply.headers.get('exchange-receipt')), 'platform.denied', 'a denied call is an entry');
  }
});

t.test('fault 5: outside of a demo operators issue grants, and nobody else does', async (t) => {
  const strict = await testNode(t, { beside: node, config: { demo: false } });
  const issue = async (as: string) => {
    const headers = { ...key(), authorization: `Bearer ${await node.token(as, 'platform')}` };
    return strict.ask('POST', GRANTS, { headers, body: { ...draft, mode: 'statistics' } });
  };
  for (const as of ['reader', 'auditor']) {
    const reply = await issue(as);
    t.equal(reply.status, 403, reply.text);
    t.match(reply.body, { code: 'forbidden' });
    t.equal(await eventOf(reply.headers.get('exchange-receipt')), 'platform.denied');
  }
  const reply = await issue('operator');
  t.equal(reply.status, 201, reply.text);
  t.equal(await eventOf(reply.headers.get('exchange-receipt')), 'grant.issued');
});
