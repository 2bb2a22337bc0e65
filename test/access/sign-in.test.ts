import { cleanOidc } from '../../src/access/identity/oidc-adapter.js';
import { PAUSES } from '../../src/access/sign-in/pauses.js';
import { exchangeCode, openBrowser, openSignIn, pushRequest, REDIRECT } from '../support/browser.js';
import { type Asking, testNode } from '../support/node.js';
import { codeOf, PASSWORD, secretIn, signingIn } from '../support/sign-in.js';
import t from '../support/tap.js';

const node = await testNode(t, { catalog: false });
const { baseUrl, exchange } = node;
const { database } = exchange;
await node.person('qian.wei', { department: 'housing', roles: ['department-manager'] });

const PEOPLE = '/api/v1/people';
const ME = '/api/v1/me';
const key = () => ({ 'idempotency-key': crypto.randomUUID() });
const bearer = (token = ''): Asking => ({ headers: { authorization: `Bearer ${token}` } });
const { invite, enrol, signInAs, newcomer } = await signingIn(node);
const link = await invite('li.na');
const enrolled = await enrol(link);

t.test('a person is invited, enrols and signs in', async (t) => {
  t.equal(enrolled.recovery.length, 10);
  t.equal((await openBrowser().get(link)).status, 410, 'a link works once');
  const done = await signInAs('li.na', codeOf(enrolled.secret));
  t.equal(done.status, 303);
  t.equal(done.given?.get('state'), 'state-1');
  t.equal(done.given?.get('iss'), baseUrl, 'RFC 9207');
  const me = await node.ask('GET', ME, bearer(done.tokens?.access_token));
  t.match(me.body, { data: { login: 'li.na', department: 'police', roles: ['department-operator'] } });
  const sessions = await node.ask('GET', `${ME}/sessions`, bearer(done.tokens?.access_token));
  t.match(sessions.body.data, [{ client: 'exchange-cli', address: '127.0.0.1' }]);
  const rows = '/data/police/resident/v1/rows';
  t.equal((await node.ask('GET', rows, bearer(done.tokens?.access_token))).status, 401, 'never data');
});

t.test('a code and a refresh token are used once', async (t) => {
  const code = enrolled.recovery[0] ?? '';
  const done = await signInAs('li.na', code);
  t.equal(done.status, 303);
  const again = await exchangeCode(baseUrl, { ...done.form, code_verifier: done.verifier ?? '' });
  t.equal(again.body.error, 'invalid_grant', 'an authorization code twice');
  const refresh = { grant_type: 'refresh_token', refresh_token: done.tokens?.refresh_token ?? '' };
  t.equal((await exchangeCode(baseUrl, refresh)).body.error, 'invalid_grant', 'and what came of it ends');
});

t.test('sign-ins that are refused, each with the same words', async (t) => {
  const { login } = await newcomer('sun.yue');
  const table: [string, string, string, string][] = [
    ['a wrong password', login, '长风破浪会有时，直挂云帆渡沧海', 'live'],
    ['no password', login, '', 'live'],
    ['a password of a megabyte', login, 'x'.repeat(2_000), 'live'],
    ['a wrong code', login, PASSWORD, '000000'],
    ['no code', login, PASSWORD, ''],
    ['a code of five minutes ago', login, PASSWORD, 'old'],
    ['a recovery code of somebody else', login, PASSWORD, enrolled.recovery[3] ?? ''],
    ['nobody of that name', 'no.such', PASSWORD, 'live'],
    ['a login with a quote', "' OR 1=1 --", PASSWORD, 'live'],
    ['somebody without a password', 'fang.lei', PASSWORD, 'live'],
  ];
  const bodies = new Set<string>();
  for (const [name, who, password, code] of table) {
    await database.app.query('DELETE FROM exchange.sign_in_failure');
    const sent = code === 'live' ? '111111' : code === 'old' ? codeOf(enrolled.secret, -10) : code;
    const done = await signInAs(who, sent, password);
    t.equal(done.status, 401, name);
    bodies.add((done.html ?? '').replaceAll(/\/sign-in\/[\w-]+/g, ''));
    t.notMatch(done.html, password === '' ? 'never' : password, `${name}: the page repeats no password`);
  }
  t.equal(bodies.size, 1, 'the page never says which of them was wrong');
});

t.test('a TOTP code and a recovery code count once', async (t) => {
  const { login, secret, recovery } = await newcomer('he.jing');
  const code = codeOf(secret);
  const both = await Promise.all([signInAs(login, code), signInAs(login, code)]);
  t.strictSame(both.map(({ status }) => status).sort(), [303, 401], 'sent twice at the same time');
  t.equal((await signInAs(login, code)).status, 401, 'nor later');
  t.equal((await signInAs(login, codeOf(secret, -1))).status, 401, 'nor an older one');
  const spare = recovery[1] ?? '';
  const spares = await Promise.all([signInAs(login, spare), signInAs(login, spare.toUpperCase())]);
  t.strictSame(spares.map(({ status }) => status).sort(), [303, 401]);
});

t.test('a login tried ten thousand times', async (t) => {
  // By arithmetic: the pauses of one account. A quiet quarter of an hour begins anew, so both ways to go on are counted.
  const last = PAUSES.at(-1) ?? 0;
  const waiting = PAUSES.reduce((sum, pause) => sum + pause, 0) + (10_000 - PAUSES.length) * last;
  t.ok(waiting > 90 * 86_400, `without a break ${Math.floor(waiting / 86_400)} days`);
  const best = Math.max(...PAUSES.map((_, n) => (n + 1) / (PAUSES.slice(0, n + 1).reduce((a, b) => a + b, 0) + 900)));
  t.ok(
    10_000 / best > 10 * 86_400,
    `with breaks ${Math.floor(10_000 / best / 86_400)} days, for one of a million codes besides`,
  );
  t.ok(Math.max(...PAUSES) <= 15 * 60, 'nobody waits longer than 15 minutes');

  const { login, recovery } = await newcomer('xu.bo');
  await database.app.query('DELETE FROM exchange.sign_in_failure');
  const statuses: number[] = [];
  for (let i = 0; i < PAUSES.length && statuses.at(-1) !== 429; i++)
    statuses.push((await signInAs(login, '000000', 'wrong password')).status);
  t.strictSame(statuses, [401, 401, 401, 401, 401, 429]);
  const told = await signInAs(login, recovery[0] ?? '');
  t.equal(told.status, 429, 'the right password waits too');
  t.match(told.html, /请在 [12] 秒后再试/);
  t.match(told.reply?.headers.get('retry-after'), /^[12]$/);
  const many = await Promise.all(Array.from({ length: 20 }, () => signInAs('somebody', '000000', 'wrong password')));
  t.ok(
    many.filter(({ status }) => status === 429).length >= 14,
    'sent at once, they are counted before they are looked at',
  );
});

t.test('a stranger elsewhere locks nobody out', async (t) => {
  const { login, secret } = await newcomer('ma.li');
  await database.app.query('DELETE FROM exchange.sign_in_failure');
  t.equal((await signInAs(login, codeOf(secret))).status, 303, 'from here the person has signed in');
  for (const who of [`account:${login}`, 'address:127.0.0.0/24'])
    await database.app.query(
      "INSERT INTO exchange.sign_in_failure (who, failures, blocked_until) VALUES ($1, 99, now() + interval '15 minutes') ON CONFLICT (who) DO UPDATE SET blocked_until = excluded.blocked_until",
      [who],
    );
  t.equal((await signInAs(login, codeOf(secret, 1))).status, 303);
  t.equal((await signInAs('no.such', '000000')).status, 429, 'others wait');
  await database.app.query('DELETE FROM exchange.sign_in_failure');
});

t.test('requests of programs that are refused', async (t) => {
  const pushed = async (asking: Parameters<typeof pushRequest>[1]) => (await pushRequest(baseUrl, asking)).body.error;
  t.equal(await pushed({ redirectUri: 'https://evil.example/callback' }), 'invalid_request', 'a redirect elsewhere');
  t.equal(await pushed({ redirectUri: 'http://127.0.0.1:4711/other' }), 'invalid_request', 'another path');
  t.equal(await pushed({ redirectUri: 'http://localhost.evil.example/callback' }), 'invalid_request');
  t.equal(await pushed({ resource: `${baseUrl}/data` }), 'invalid_target', 'data');
  t.equal(await pushed({ resource: 'https://evil.example/' }), 'invalid_target');
  t.equal(await pushed({ challengeMethod: 'plain' }), 'invalid_request', 'PKCE without a hash');
  t.equal(await pushed({ clientId: 'nobody' }), 'invalid_client');
  t.equal(await pushed({ clientId: 'reader' }), 'invalid_client', 'an application asks for no person');
  const query = new URLSearchParams({
    client_id: 'exchange-cli',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'platform',
  });
  const bare = await openBrowser().get(`${baseUrl}/oauth2/authorize?${query}`);
  t.notMatch(bare.headers.get('location'), /\/sign-in\/(?!refused)/, 'a request that was not pushed');
  const { body } = await pushRequest(baseUrl);
  const page = await openSignIn(openBrowser(), baseUrl, body.request_uri ?? '');
  t.equal((await openBrowser().get(page)).status, 410, 'the page of another browser');
});

t.test('codes and refresh tokens that are refused', async (t) => {
  const { login, recovery } = await newcomer('gao.fei');
  const trying = async (n: number, change: Record<string, string>) => {
    const done = await signInAs(login, recovery[n] ?? '', PASSWORD, false);
    return (await exchangeCode(baseUrl, { ...done.form, code_verifier: done.verifier ?? '', ...change })).body.error;
  };
  t.equal(await trying(0, { code_verifier: 'x'.repeat(43) }), 'invalid_grant', 'without its verifier');
  t.equal(await trying(1, { redirect_uri: 'http://127.0.0.1:1/callback' }), 'invalid_grant', 'another redirect');
  t.equal(await trying(2, { client_id: 'nobody' }), 'invalid_client', 'another program');
  const done = await signInAs(login, recovery[3] ?? '');
  const refresh = (token = '') => exchangeCode(baseUrl, { grant_type: 'refresh_token', refresh_token: token });
  const renewed = await refresh(done.tokens?.refresh_token);
  t.equal(renewed.status, 200);
  t.equal((await node.ask('GET', ME, bearer(renewed.body.access_token))).status, 200);
  t.equal((await refresh(done.tokens?.refresh_token)).body.error, 'invalid_grant', 'a refresh token twice');
  t.equal((await refresh(renewed.body.refresh_token)).body.error, 'invalid_grant', 'and all that came of it ends');
  await database.app.query(
    "UPDATE exchange.oidc SET payload = jsonb_set(payload, '{accountId}', '\"person:zhou.min\"') WHERE model = 'RefreshToken'",
  );
  const forged = await signInAs(login, recovery[4] ?? '');
  await database.app.query(
    "UPDATE exchange.oidc SET payload = jsonb_set(payload, '{accountId}', '\"person:zhou.min\"') WHERE model = 'RefreshToken'",
  );
  t.equal(
    (await refresh(forged.tokens?.refresh_token)).body.error,
    'invalid_grant',
    'a row written by hand opens nothing',
  );
});

t.test('a session stolen after sign-out', async (t) => {
  const { login, recovery } = await newcomer('lin.tao');
  const [first, second] = [await signInAs(login, recovery[0] ?? ''), await signInAs(login, recovery[1] ?? '')];
  const meAs = async (one: typeof first) => (await node.ask('GET', ME, bearer(one.tokens?.access_token))).status;
  t.equal((await node.ask('GET', `${ME}/sessions`, bearer(first.tokens?.access_token))).body.data.length, 2);
  t.equal((await node.ask('DELETE', `${ME}/sessions`, bearer(first.tokens?.access_token))).status, 204);
  t.strictSame([await meAs(first), await meAs(second)], [401, 200]);
  const refresh = { grant_type: 'refresh_token', refresh_token: first.tokens?.refresh_token ?? '' };
  t.equal((await exchangeCode(baseUrl, refresh)).body.error, 'invalid_grant', 'nor is a token renewed');
  const third = await signInAs(login, recovery[2] ?? '');
  t.equal((await node.ask('DELETE', `${ME}/sessions?everywhere=true`, bearer(third.tokens?.access_token))).status, 204);
  t.strictSame([await meAs(second), await meAs(third)], [401, 401], 'everywhere');
});

t.test('nobody decides what they proposed', async (t) => {
  await node.person('deng', { department: 'exchange', roles: ['security-administrator'] });
  const propose = (login: string, department: string, roles: string[], as = 'zhou.min') =>
    node.ask('POST', PEOPLE, { as, headers: key(), body: { login, name: '某某', department, roles } });
  const act = async (verb: string, login: string, as: string, body?: object) => {
    const reply = await node.ask('POST', `${PEOPLE}/${login}/${verb}`, { as, body });
    return [reply.status, reply.body?.code ?? reply.body?.data?.status];
  };
  t.equal((await propose('cao', 'police', ['community-worker'])).status, 201);
  t.strictSame(await act('confirm', 'cao', 'zhou.min'), [403, 'forbidden'], 'who proposed it');
  t.strictSame(
    await act('confirm', 'cao', 'deng'),
    [403, 'forbidden'],
    'an administrator, where the department has a manager',
  );
  t.strictSame(await act('confirm', 'cao', 'qian.wei'), [404, 'not-found'], 'the manager of another department');
  t.strictSame(await act('confirm', 'nobody', 'fang.lei'), [404, 'not-found']);
  t.strictSame(await act('confirm', 'cao', 'li.na'), [403, 'forbidden'], 'an operator');
  t.strictSame(
    await act('roles', 'cao', 'zhou.min', { roles: ['community-worker'] }),
    [409, 'conflict'],
    'not yet an account',
  );
  t.strictSame(await act('confirm', 'cao', 'fang.lei'), [200, 'invited']);
  t.strictSame(await act('confirm', 'cao', 'fang.lei'), [409, 'conflict'], 'twice');

  t.equal((await propose('feng', 'health', ['department-manager'])).status, 201);
  t.strictSame(
    await act('confirm', 'feng', 'deng'),
    [200, 'invited'],
    'a department without a manager: another administrator',
  );
  t.strictSame(await act('roles', 'fang.lei', 'zhou.min', { roles: ['security-auditor'] }), [200, 'active']);
  t.strictSame(await act('confirm', 'fang.lei', 'fang.lei'), [403, 'forbidden'], 'about oneself');
  t.strictSame(await act('refuse', 'fang.lei', 'zhou.min'), [403, 'forbidden'], 'nor refuses it');
  t.strictSame(await act('refuse', 'fang.lei', 'deng'), [200, 'active']);
  t.strictSame(
    await act('roles', 'zhou.min', 'zhou.min', { roles: ['security-auditor'] }),
    [403, 'forbidden'],
    'the own roles',
  );
  t.strictSame(await act('disable', 'zhou.min', 'zhou.min'), [403, 'forbidden'], 'the own account');
  const bad: [string, string, string[], number][] = [
    ['Cao', 'police', ['community-worker'], 400],
    ['cao2', 'Police', ['community-worker'], 400],
    ['cao2', 'police', [], 422],
    ['cao2', 'police', ['operator'], 400],
    ['cao2', 'police', ['security-administrator', 'system-administrator'], 422],
    ['cao2', 'police', ['security-auditor', 'department-operator'], 422],
    ['cao', 'police', ['community-worker'], 409],
  ];
  for (const [login, department, roles, status] of bad)
    t.equal((await propose(login, department, roles)).status, status, `${login} ${department} ${roles}`);
  t.equal((await propose('cao3', 'police', ['community-worker'], 'fang.lei')).status, 403, 'a manager proposes nobody');
});

t.test('a lost device: nothing that was opens the account', async (t) => {
  const { login, secret, recovery } = await newcomer('tang.xin');
  const before = await signInAs(login, recovery[0] ?? '');
  await node.ask('POST', `${PEOPLE}/${login}/invite-again`, { as: 'zhou.min' });
  t.equal((await signInAs(login, recovery[1] ?? '')).status, 303, 'until a second person has confirmed it');
  const confirmed = await node.ask('POST', `${PEOPLE}/${login}/confirm`, { as: 'fang.lei' });
  t.equal((await node.ask('GET', ME, bearer(before.tokens?.access_token))).status, 401);
  t.equal((await signInAs(login, recovery[2] ?? '')).status, 401);
  const again = await enrol(confirmed.body.invitation.link);
  t.equal((await signInAs(login, recovery[3] ?? '')).status, 401, 'the old recovery codes');
  t.equal((await signInAs(login, codeOf(secret))).status, 401, 'the old device');
  t.equal((await signInAs(login, again.recovery[0] ?? '')).status, 303);
  await node.ask('POST', `${PEOPLE}/${login}/disable`, { as: 'zhou.min' });
  t.equal((await signInAs(login, again.recovery[1] ?? '')).status, 401, 'a closed account');
});

t.test('what an invitation refuses', async (t) => {
  const open = await invite('wei.na');
  const browser = openBrowser();
  const html = await (await browser.get(open)).text();
  const secret = secretIn(html);
  t.equal(
    secretIn(await (await browser.get(`${open}?lang=en`)).text()),
    secret,
    'the same key when the page is opened again',
  );
  const send = async (password: string, code: string, repeat = password) =>
    (await browser.post(open, { password, repeat, code })).status;
  t.equal(await send('short', codeOf(secret)), 422);
  t.equal(await send('wei.na-2026-wei.na', codeOf(secret)), 422, 'the login in it');
  t.equal(await send('ababababababab', codeOf(secret)), 422);
  t.equal(await send(PASSWORD, codeOf(secret), `${PASSWORD}x`), 422);
  t.equal(await send(PASSWORD, '000000'), 422);
  t.equal(await send(PASSWORD, codeOf(secret, -9)), 422);
  t.equal((await browser.get(`${baseUrl}/invitation/${'A'.repeat(43)}`)).status, 410);
  await database.app.query("UPDATE exchange.invitation SET expires_at = now() WHERE login = 'wei.na'");
  t.equal((await browser.get(open)).status, 410, 'after three days');
});

t.test('a demo person signs in by one click, only in the demo on loopback', async (t) => {
  await node.person('demo.manager', { department: 'police', roles: ['department-manager'], demo: true });
  const click = async (login: string, at = node, headers = {}) => {
    const browser = openBrowser(headers);
    const { body } = await pushRequest(at.baseUrl);
    const page = await openSignIn(browser, at.baseUrl, body.request_uri ?? '');
    const html = await (await browser.get(page)).text();
    const reply = await browser.post(page, { demo: login, login: '', password: '', code: '' });
    return [reply.status, html.includes('value="demo.manager"')];
  };
  t.strictSame(await click('demo.manager'), [303, true]);
  t.strictSame(await click('zhou.min'), [401, true], 'nobody else');
  t.strictSame(await click('demo.manager', node, { 'x-forwarded-for': '127.0.0.1' }), [401, false], 'through a proxy');
  for (const config of [{ demo: false }, { demoOpenToNetwork: true }]) {
    const other = await testNode(t, { config, catalog: false });
    await other.person('demo.manager', { department: 'police', roles: ['department-manager'], demo: true });
    t.strictSame(await click('demo.manager', other), [401, false], JSON.stringify(config));
  }
});

t.test('what strangers leave behind is cleared', async (t) => {
  await database.app.query(
    `INSERT INTO exchange.sign_in_failure (who, failures, blocked_until) VALUES
       ('account:over', 1, now() - interval '16 minutes'), ('account:waits', 9, now() + interval '1 minute')`,
  );
  await cleanOidc(database);
  const { rows } = await database.app.query(
    `SELECT who FROM exchange.sign_in_failure WHERE who IN ('account:over', 'account:waits')`,
  );
  t.strictSame(rows, [{ who: 'account:waits' }]);
});

t.test('secrets are nowhere else', async (t) => {
  const { rows } = await database.app.query(
    `SELECT string_agg(convert_from(bytes, 'UTF8'), '') AS entries,
       (SELECT string_agg(document, '') FROM exchange.policy_record WHERE kind = 'person') AS documents FROM audit.entry`,
  );
  const kept = `${rows[0].entries}${rows[0].documents}`;
  for (const secret of [PASSWORD, enrolled.secret, 'argon2', link.split('/').at(-1) ?? '', ...enrolled.recovery])
    t.notOk(kept.includes(secret), 'in the log');
});

t.test('the pages run no script and send forms nowhere else', async (t) => {
  const browser = openBrowser();
  const { body } = await pushRequest(baseUrl);
  const page = await openSignIn(browser, baseUrl, body.request_uri ?? '');
  for (const [language, lang] of [
    ['', 'zh-CN'],
    ['?lang=en', 'en'],
  ]) {
    const reply = await browser.get(`${page}${language}`);
    const html = await reply.text();
    t.match(html, `<html lang="${lang}">`);
    t.notMatch(html, /<script|\son\w+=|\sstyle=/);
    for (const name of ['login', 'password', 'code']) t.match(html, `<label for="${name}">`);
    t.match(
      reply.headers.get('content-security-policy'),
      /default-src 'none'.*form-action 'self' http:\/\/127\.0\.0\.1:4711;frame-ancestors 'none'/,
    );
    t.equal(reply.headers.get('cache-control'), 'no-store');
    t.equal(reply.headers.get('referrer-policy'), 'no-referrer');
  }
});
