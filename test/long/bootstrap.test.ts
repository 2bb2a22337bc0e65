import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { registerFirstOperator } from '../../src/access/identity/first-operator.js';
import { newPrivateJwk, publicPart } from '../../src/client/new-key.js';
import { loadConfig } from '../../src/platform/config.js';
import { startExchange } from '../../src/start.js';
import { command } from '../cli/command.js';
import { testDatabase } from '../support/database.js';
import { testNode } from '../support/node.js';

// The first operator of an installation, from an empty database, by the command line on the machine itself.
const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-bootstrap-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const { url, database } = await testDatabase(t);
const dataDir = join(directory, 'data');
const file = (name: string) => join(directory, name);
const here = ['--data-dir', dataDir, '--database-url', url];
const bootstrap = (...more: string[]) => command(t, 'bootstrap', ...here, ...more);

/** Events of applications, oldest first, with who made them. */
async function entries(): Promise<{ event: string; actor: Record<string, string> }[]> {
  const text = `SELECT convert_from(bytes, 'UTF8')::json AS entry FROM audit.entry
    WHERE event LIKE 'application.%' OR event LIKE 'key.%' ORDER BY index`;
  const { rows } = await database.app.query(text);
  return rows.map(({ entry }) => ({ event: entry.event, actor: entry.actor }));
}

t.test('fault 5: what bootstrap refuses, each in one line', async (t) => {
  writeFileSync(file('none.json'), '{"kty":"EC"}', { mode: 0o600 });
  writeFileSync(file('open.json'), JSON.stringify(await newPrivateJwk()), { mode: 0o644 });
  chmodSync(file('open.json'), 0o644);
  writeFileSync(file('private.json'), JSON.stringify(await newPrivateJwk()), { mode: 0o600 });
  const demo = mkdtempSync(join(directory, 'demo-'));
  writeFileSync(join(demo, 'demo.json'), '{}');
  const refused: [what: string, args: string[], code: number, says: RegExp][] = [
    ['no key', [], 2, /--key/],
    ['two keys', ['--key', file('a.json'), '--public-key', file('b.json')], 2, /--key/],
    ['a file that is no key', ['--key', file('none.json')], 2, /not a readable private JWK/],
    ['a key that others can read', ['--key', file('open.json')], 1, /open to other users/],
    ['a folder that is not there', ['--key', join(directory, 'no', 'key.json')], 2, /no such file/],
    ['a private key given as public', ['--public-key', file('private.json')], 1, /cannot be registered/],
    ['a public key that is not there', ['--public-key', file('b.json')], 2, /not a readable JSON/],
    ['a client id that is none', ['--key', file('x.json'), '--client-id', 'A B'], 1, /cannot be registered/],
    ['a new key where there is no operator', ['--key', file('x.json'), '--again'], 1, /not an active operator/],
    ['a demo', ['--key', file('x.json'), '--data-dir', demo], 1, /holds a demo/],
  ];
  for (const [what, args, code, says] of refused) {
    const ended = await bootstrap(...args);
    t.equal(ended.code, code, `${what}: ${ended.stderr}`);
    t.match(ended.stderr, says, what);
    t.equal(ended.stderr.trim().split('\n').length, 1, `${what}: one line`);
  }
  t.strictSame(await entries(), [], 'nothing was registered');
});

t.test('fault 5: the first operator, once, with an entry that names account and host', async (t) => {
  const made = await bootstrap('--key', file('operator.json'));
  t.equal(made.code, 0, made.stderr);
  t.match(made.stdout, /operator-app is the first operator \(entry \d+\)/);
  t.equal(statSync(file('operator.json')).mode & 0o777, 0o600);
  const actor = { issuer: `host:${hostname()}`, subject: userInfo().username };
  t.match(await entries(), [{ event: 'application.registered', actor }]);
  for (const args of [
    ['--key', file('second.json')],
    ['--key', file('operator.json')],
    ['--key', file('second.json'), '--client-id', 'other-operator'],
  ]) {
    const second = await bootstrap(...args);
    t.equal(second.code, 1);
    t.match(second.stderr, /An operator exists already: operator-app\..*--again/);
  }
  t.notOk(existsSync(file('second.json')), 'no key is written in vain');
  t.equal((await entries()).length, 1);
});

t.test('fault 5: beside a running node the operator acts at once, and a lost key is replaced', async (t) => {
  const config = loadConfig({ dataDir, databaseUrl: url, port: 0, logLevel: 'silent', worker: 'off' }, {});
  const running = await startExchange(config, { onProgress: () => {} });
  t.teardown(() => running.close());
  const list = (key: string) => command(t, 'grant', 'list', '--key', file(key), '--data-dir', dataDir);
  t.equal((await list('operator.json')).code, 0);
  const strange = await bootstrap('--again', '--key', file('new.json'), '--client-id', 'nobody-app');
  t.equal(strange.code, 1);
  t.match(strange.stderr, /nobody-app is not an active operator/);
  rmSync(file('new.json'), { force: true });
  const again = await bootstrap('--again', '--key', file('new.json'));
  t.equal(again.code, 0, again.stderr);
  t.same(
    (await entries()).slice(1).map(({ event }) => event),
    ['key.revoked', 'key.added'],
  );
  t.not((await list('operator.json')).code, 0, 'the old key is refused at once');
  const listed = await list('new.json');
  t.equal(listed.code, 0, listed.stderr);
  t.equal((await fetch(`${running.baseUrl}/health/ready`)).status, 200, 'the node is not disturbed');
});

t.test('fault 5: a killed run leaves a key that the next run registers; a public key needs no file', async (t) => {
  const { url } = await testDatabase(t);
  const empty = (name: string) => ['bootstrap', '--data-dir', file(name), '--database-url', url];
  const left = await newPrivateJwk();
  writeFileSync(file('left.json'), JSON.stringify(left), { mode: 0o600 });
  const made = await command(t, ...empty('left'), '--key', file('left.json'), '--json');
  t.match(JSON.parse(made.stdout), { clientId: 'operator-app', kid: left.kid });
  const other = await testDatabase(t);
  const { kid: _, ...jwk } = publicPart(await newPrivateJwk());
  writeFileSync(file('public.json'), JSON.stringify(jwk));
  const flags = ['--data-dir', file('public'), '--database-url', other.url, '--public-key', file('public.json')];
  const given = await command(t, 'bootstrap', ...flags);
  t.equal(given.code, 0, given.stderr);
  t.notMatch(given.stdout, /private key/);
});

t.test('fault 5: of two at once on two machines exactly one is the first', async (t) => {
  const first = await testNode(t, { catalog: false });
  const second = await testNode(t, { beside: first });
  const by = { actor: null, request: first.exchange.clock.uuid() };
  const attempts = await Promise.allSettled(
    [first, second, first, second].map(async ({ exchange }, i) => {
      const keys = [publicPart(await newPrivateJwk())];
      const draft = { clientId: `operator-${i}`, title: '平台运维', department: 'exchange', jwks: { keys } };
      return registerFirstOperator(exchange, draft, by);
    }),
  );
  t.equal(attempts.filter(({ status }) => status === 'fulfilled').length, 1);
  const reasons = attempts.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
  t.same(reasons, ['conflict', 'conflict', 'conflict']);
});
