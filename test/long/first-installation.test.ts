import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readRun } from '../../src/platform/data-directory.js';
import { packageRoot } from '../../src/platform/paths.js';
import { freePort } from '../support/node.js';
import { findPostgres, postgresServer } from '../support/postgres-server.js';
import { build, temporary } from './exchange-child.js';
import { commandsOf, paste, section } from './readme-commands.js';

// The README's walk "A first installation", as pasted: on an empty data directory, and on a PostgreSQL whose user is no superuser.
build();
const README = readFileSync(join(packageRoot, 'README.md'), 'utf8');
const walk = section(README, 'A first installation');
const [prepare] = commandsOf(section(README, 'Three walks'));
const sql = /```sql\n([\s\S]*?)```/.exec(walk)?.[1] ?? '';

/** What a reader sees after the commands that begin like this. */
const PRINTS: readonly (readonly [string, RegExp])[] = [
  ['exchange bootstrap --data-dir walk/own --key', /operator-app is the first operator \(entry 0\)/],
  ['exchange bootstrap --data-dir walk/own --person', /zhou\.min is invited[\s\S]*\/invitation\//],
  ['operator application register', /is active/],
  ['operator catalog apply', /published contract civil-affairs\/elder-canteen\/v1/],
  ['exchange deliver', /release 1/],
  ['curl -s -H', /"name":"盛世康城长者食堂","seats":60/],
];

async function walks(t: Test, databaseUrl?: string): Promise<void> {
  const place = temporary(t);
  for (const name of ['dist', 'node_modules', 'catalog', 'test', 'schemas', 'package.json']) {
    symlinkSync(join(packageRoot, name), join(place, name));
  }
  t.teardown(() => {
    const running = readRun(join(place, 'walk/own'));
    if (running !== undefined) process.kill(running.pid, 'SIGKILL');
  });
  const port = String(await freePort());
  const commands = [prepare ?? '', 'mkdir -p walk', ...commandsOf(walk)].map((line) =>
    line.replaceAll('127.0.0.1:8090', `127.0.0.1:${port}`).replace('--port 8090', `--port ${port}`),
  );
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS|TAP|_TAPJS|EXCHANGE_|DATABASE_)/.test(name),
  );
  const env = { ...Object.fromEntries(kept), ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) };
  const claimed = new Set<string>();
  for (const { command, printed, code } of paste(commands, { cwd: place, env })) {
    t.equal(code, '0', `${command}\n${printed.slice(0, 800)}`);
    for (const [beginning, pattern] of PRINTS.filter(([beginning]) => command.startsWith(beginning))) {
      t.match(printed, pattern, command);
      claimed.add(beginning);
    }
  }
  t.equal(claimed.size, PRINTS.length, 'what is said of a command is of one that is there');
}

t.test('fault 5: a first installation on an empty data directory', { timeout: 600_000 }, (t) => walks(t));

for (const version of [15, 17, 18]) {
  const bin = findPostgres(version);
  const absent = `NO POSTGRESQL ${version} ON THIS MACHINE: a first installation on it was NOT tried.`;
  if (bin === undefined && process.env[`POSTGRES${version}_EXPECTED`]) t.fail(absent);
  t.test(
    `fault 5: on PostgreSQL ${version} as a user who is no superuser`,
    { timeout: 600_000, skip: bin === undefined && absent },
    async (t) => {
      const server = await postgresServer(t, bin ?? '');
      for (const statement of sql.split(';\n').filter(Boolean)) await server.query(statement);
      await walks(t, `postgres://exchange:choose%20one@127.0.0.1:${server.port}/exchange`);
    },
  );
}
