import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
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
  t.match(await reply.text(), /已登录/);
  t.match(await ended, { code: 0, stdout: /Signed in as 李娜 \(bai\.ying\)/ });
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
