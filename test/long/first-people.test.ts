import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../access/support.js';
import { command } from '../cli/command.js';
import { testNode } from '../support/node.js';

const home = mkdtempSync(join(tmpdir(), 'civic-exchange-first-people-'));
t.teardown(() => rmSync(home, { recursive: true, force: true }));

t.test('fault 5: the first security administrator, and what only the machine can do for people', async (t) => {
  const node = await testNode(t, { catalog: false });
  const by = ['bootstrap', '--data-dir', join(home, 'people'), '--database-url', node.databaseUrl];
  cpSync(node.keys.directory, join(home, 'people', 'keys'), { recursive: true });
  const run = (...more: string[]) => command(t, ...by, ...more, '--json');
  const first = ['--person', 'zhou.min', '--name', '周敏'];
  const refused: [what: string, args: string[], code: number, says: RegExp][] = [
    ['no name', ['--person', 'zhou.min'], 2, /--name/],
    ['a login that is none', ['--person', 'Zhou Min', '--name', '周敏'], 1, /cannot be made/],
    ['nobody to recover', ['--person', 'zhou.min', '--recover'], 1, /no security administrator/],
    ['nobody to confirm', ['--confirm', 'li.na'], 1, /No such account/],
  ];
  for (const [what, args, code, says] of refused) t.match(await run(...args), { code, stderr: says }, what);
  const made = await run(...first);
  t.equal(made.code, 0, made.stderr);
  t.match(JSON.parse(made.stdout), {
    login: 'zhou.min',
    status: 'invited',
    invitation: { link: /\/invitation\/[\w-]{43}$/ },
  });
  t.match(await run('--person', 'wu.di', '--name', '吴迪'), { code: 1, stderr: /already: zhou.min/ }, 'only once');
  const recovered = await run('--person', 'zhou.min', '--recover');
  t.not(JSON.parse(recovered.stdout).invitation.link, JSON.parse(made.stdout).invitation.link);
  await until(() => node.exchange.policy.current().people.has('zhou.min'));
  t.equal(node.exchange.policy.current().people.get('zhou.min')?.status, 'invited');
  await node.person('zhou.min', { department: 'exchange', roles: ['security-administrator'], status: 'active' });
  const body = { login: 'li.na', name: '李娜', department: 'police', roles: ['department-manager'] };
  const headers = { 'idempotency-key': node.exchange.clock.uuid() };
  t.equal((await node.ask('POST', '/api/v1/people', { as: 'zhou.min', headers, body })).status, 201);
  t.match(JSON.parse((await run('--confirm', 'li.na')).stdout), { status: 'invited' }, 'nobody else could');
  await node.person('wu.di', { department: 'exchange', roles: ['security-administrator'] });
  t.match(await run('--person', 'zhou.min', '--recover'), { code: 1, stderr: /wu.di is a security administrator too/ });
  await node.ask('POST', '/api/v1/people/li.na/invite-again', { as: 'zhou.min' });
  t.match(await run('--confirm', 'li.na'), { code: 1, stderr: /A second person decides this: wu.di/ });
});
