import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/platform/paths.js';
import { freePort } from '../support/node.js';
import { child, temporary } from './exchange-child.js';
import { commandsOf, paste } from './readme-commands.js';

// Every command of the README in a clean copy of the project, in one shell, as a reader pastes them.

/** Commands that this run leaves out, each because it would run all tests or all checks again. */
const LEFT_OUT = new Set(['npm ci && npm test', 'npm run check', 'npm run test:long', 'npm run bench', '.ci/run']);
const START = 'npm ci && npm start';

/** What the README says of a command: by its beginning, what it prints. */
const PRINTS: readonly (readonly [string, RegExp])[] = [
  ['curl -i ', /HTTP\/1\.1 200[\s\S]*exchange-receipt: index=\d+[\s\S]*"data":\[\{"_id"/i],
  ['curl -H "Authorization: Bearer $TOKEN" -H \'Content-Type', /"resident_list":\{"nodes":\[\{"name"/],
  ['curl -H "Authorization: Bearer $(node', /"index":0,[\s\S]*"checkpoint"/],
  ['cat walk/rows.json', /"name":"\p{L}\*+"[\s\S]*"born":"\d{4}-01-01"/u],
  ['exchange audit verify --receipt "$RECEIPT" --proof', /./],
  ['exchange deliver civil-affairs/elder-canteen', /release \d/],
  ['exchange grant list', /street-app/],
  ['exchange source run housing/device', /\d/],
  ['exchange upstream list', /housing/],
];

const copy = temporary(t);
const port = String(await freePort());
const other = String(await freePort());
const shell = (command: string, cwd: string) => spawnSync('bash', ['-c', command], { cwd, encoding: 'utf8' });

copyTracked(copy);
const lines = commandsOf(readFileSync(join(copy, 'README.md'), 'utf8'));
const demo = child('bash', ['-c', `exec ${START.replace('npm ci && ', '')} -- --people 300 --port ${port}`], {
  cwd: copy,
});
t.teardown(async () => {
  const { pid } = JSON.parse(readFileSync(join(copy, '.exchange/run.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGINT');
  await demo.ended;
});
await demo.said(/Ctrl-C stops it/);

t.test('every command of the README works as pasted', { timeout: 600_000 }, async (t) => {
  const commands = lines
    .filter((line) => line !== START && !LEFT_OUT.has(line))
    .map((line) => line.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`).replace(/\b8090\b/, other));
  t.ok(commands.length > 45, `${commands.length} commands`);
  t.strictSame(
    [...LEFT_OUT].filter((line) => !lines.includes(line)),
    [],
    'what is left out is in the README',
  );
  const claimed = new Set<string>();
  for (const { command, printed, code } of paste(commands, { cwd: copy })) {
    t.equal(code, '0', `${command}\n${printed.slice(0, 800)}`);
    t.notMatch(printed, /"status":[45]\d\d/, command);
    for (const [beginning, pattern] of PRINTS.filter(([beginning]) => command.startsWith(beginning))) {
      t.match(printed, pattern, command);
      claimed.add(beginning);
    }
  }
  t.equal(claimed.size, PRINTS.length, 'what is said of a command is of one that is there');
});

t.test('the copy is as clean as before, and its tests still pass', { timeout: 300_000 }, async (t) => {
  t.equal(
    shell('rm -rf walk-results && git status --porcelain', copy).stdout,
    '',
    'git would take nothing, no key least of all',
  );
  const tested = shell(
    'env -u EXCHANGE_TEST_RUNNER TAP_REPORTER=tap npx tap test/docs.test.ts test/architecture.test.ts test/catalog/check.test.ts',
    copy,
  );
  t.equal(tested.status, 0, tested.stdout.slice(-2000));
});

/** The files that git has, in a repository of their own; packages are those of this project. */
function copyTracked(target: string): void {
  const tracked = shell('git ls-files -z', packageRoot)
    .stdout.split('\0')
    .filter((path) => existsSync(join(packageRoot, path)));
  for (const path of tracked.filter((path) => path !== '')) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(packageRoot, path), join(target, path));
  }
  symlinkSync(join(packageRoot, 'node_modules'), join(target, 'node_modules'));
  const author = '-c user.name=test -c user.email=test@localhost';
  shell(`git init -q && echo node_modules >> .git/info/exclude && git add -A && git ${author} commit -qm copy`, target);
}
