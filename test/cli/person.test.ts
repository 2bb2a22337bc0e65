import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { writeSignedIn } from '../../src/cli/person/credentials.js';
import { until } from '../access/support.js';
import { openBrowser } from '../support/browser.js';
import { testNode } from '../support/node.js';
import { PASSWORD, signingIn } from '../support/sign-in.js';
import t from '../support/tap.js';
import { command } from './command.js';

const home = mkdtempSync(join(tmpdir(), 'civic-exchange-person-'));
const { HOME } = process.env;
process.env.HOME = home;
t.teardown(() => {
  process.env.HOME = HOME;
  rmSync(home, { recursive: true, force: true });
});
const node = await testNode(t, { catalog: false });
const { newcomer } = await signingIn(node);
const manager = await newcomer('bai.ying');
const file = join(home, '.config', 'civic-exchange', 'credentials.json');

/** `exchange login`, with a browser that opens the printed address. */
async function login(t: Test, who: { login: string; code: string; password?: string }) {
  const ended = command(t, 'login', '--server', node.baseUrl);
  const shown = t.capture(process.stderr, 'write', () => true); // over the command's own
  let url = '';
  await until(() => {
    url =
      /http\S+\/oauth2\/authorize\S+/.exec(
        shown()
          .map(({ args }) => String(args[0]))
          .join(''),
      )?.[0] ?? url;
    return url !== '';
  });
  shown.restore();
  const browser = openBrowser();
  const page = new URL((await browser.get(url)).headers.get('location') ?? '', node.baseUrl).href;
  let reply = await browser.post(page, { password: PASSWORD, ...who });
  for (let hop = 0; reply.status === 303 && hop < 5; hop++)
    reply = await browser.get(reply.headers.get('location') ?? '');
  return { reply, ended };
}

t.test('a person signs in at the command line, acts and signs out', async (t) => {
  t.match((await command(t, 'whoami')).stderr, /Nobody is signed in: exchange login/);
  const { reply, ended } = await login(t, { login: manager.login, code: manager.recovery[0] ?? '' });
  t.match(await ended, { code: 0, stdout: /Signed in as 李娜 \(bai\.ying\)/ }); // until it has ended it captures what is printed
  t.match(await reply.text(), /已登录/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.notMatch(readFileSync(file, 'utf8'), PASSWORD);
  t.match((await command(t, 'whoami')).stdout, /bai\.ying.*police: department-operator/);
  t.match(
    await command(t, 'standard', 'list', '--data-dir', join(home, 'none')),
    { code: 3 },
    'another server was named',
  );
  t.match(await command(t, 'grant', 'list', '--json'), { code: 0 }, 'any command acts as the person');
  t.match(await command(t, 'person', 'list'), { code: 1, stderr: /forbidden/ }, 'as far as the roles allow');
  chmodSync(file, 0o644);
  t.match(await command(t, 'whoami'), { code: 1, stderr: /open to other users/ });
  chmodSync(file, 0o600);
  t.match(await command(t, 'logout', '--json'), { code: 0, stdout: /"signedOut":"bai.ying"/ });
  t.match((await command(t, 'whoami')).code, 1);
});

t.test('accounts from a CSV file: a dry run, then proposals', async (t) => {
  await node.person('zhou.min', { department: 'exchange', roles: ['security-administrator'] });
  const file = join(home, 'people.csv');
  const key = await node.token('zhou.min', 'platform');
  const signedIn = { server: node.baseUrl, issuer: node.baseUrl, login: 'zhou.min', refreshToken: 'none' };
  writeSignedIn({ ...signedIn, accessToken: key, accessUntil: Date.now() + 300_000 });
  const run = (text: string, ...more: string[]) => {
    writeFileSync(file, text);
    return command(t, 'person', 'import', file, ...more);
  };
  const head = 'login,name,department,roles\n';
  const table: [string, string, number, RegExp][] = [
    ['no line', head, 2, /has no line/],
    ['no name', `${head}a.b,,police,社区工作者\n`, 2, /:2: name is missing/],
    ['no such role', `${head}a.b,甲,police,operator\n`, 1, /roles/],
    ['roles that do not go together', `${head}a.b,甲,police,安全审计员 社区工作者\n`, 1, /people\/0\/roles/],
    [
      'twice',
      `${head}a.b,甲,police,社区工作者\na.b,乙,police,社区工作者\n`,
      1,
      /people\/1\/login: The login is listed twice/,
    ],
    ['taken', `${head}fang.lei,甲,police,社区工作者\n`, 1, /people\/0\/login: The login is taken/],
    ['no CSV', 'login,name\n"', 2, /not readable CSV/],
  ];
  for (const [what, text, code, says] of table) t.match(await run(text, '--apply'), { code, stderr: says }, what);
  const good = `${head}yu.fan,俞凡,police,部门操作员、社区工作者\nshi.yi,史怡,health,department-manager\n`;
  t.match(await run(good), { code: 0, stdout: /2 accounts could be proposed/ });
  t.notOk(node.exchange.policy.current().people.has('yu.fan'), 'a dry run changes nothing');
  t.match(await run(good, '--apply'), { code: 0, stdout: /2 accounts proposed/ });
  t.match(node.exchange.policy.current().people.get('yu.fan'), {
    status: 'proposed',
    roles: ['department-operator', 'community-worker'],
    pending: { by: 'zhou.min' },
  });
});
