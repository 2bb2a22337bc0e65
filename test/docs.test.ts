import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { EXIT } from '../src/cli/exit-code.js';
import { PROBLEMS } from '../src/platform/errors.js';
import { packageRoot } from '../src/platform/paths.js';
import { listTree } from './support/source-files.js';
import t from './support/tap.js';

const README = 'README.md';
const README_ZH = 'README.zh-CN.md';
const text = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

t.test('every link of a document resolves', async (t) => {
  const documents = [README, README_ZH, 'CHANGELOG.md', ...documentsOfFolders()];
  for (const document of documents) {
    const links = [...text(document).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => !existsSync(join(packageRoot, dirname(document), link)));
    t.strictSame(broken, [], document);
  }
});

t.test('every document that code, comments and documents cite exists', async (t) => {
  const files = ['src', 'test', 'catalog', 'schemas', 'migrations', 'deploy'].flatMap(
    (folder) => listTree(folder).files,
  );
  const known = [...files, README, README_ZH, 'CHANGELOG.md'];
  const resolves = (cited: string, from: string): boolean =>
    [cited, posix.join(dirname(from), cited)].some((path) => known.includes(path)) ||
    // A bare name is enough where one document has it.
    known.filter((path) => path.endsWith(`/${cited}`)).length === 1;
  const lost = known
    .filter((path) => /\.(ts|mjs|md|ya?ml)$/.test(path))
    .flatMap((path) => {
      const cited = text(path).match(/(?<![\w./-])(?:[\w.-]+\/)*[\w.-]+\.md\b/g) ?? [];
      return [...new Set(cited)].filter((name) => !resolves(name, path)).map((name) => `${path}: ${name}`);
    });
  t.strictSame(lost, []);
});

t.test('every file that a README names exists', async (t) => {
  const path = /`((?:src|test|catalog|schemas|migrations|\.ci)\/[^\s`*<{]*|openapi\.yaml)`/g;
  const inShell = /(?<![\w./-])(?:test\/examples\/[\w./-]+|\.ci\/run)/g;
  for (const document of [README, README_ZH]) {
    const named = [
      ...[...text(document).matchAll(path)].map(([, found]) => found!),
      ...commandsOf(document).flatMap((line) => line.match(inShell) ?? []),
    ];
    t.ok(named.length > 20, `${document} names files`);
    t.strictSame(
      named.filter((found) => !existsSync(join(packageRoot, found))),
      [],
      document,
    );
  }
});

t.test('both READMEs have the same commands, in the same order', async (t) => {
  t.strictSame(commandsOf(README_ZH), commandsOf(README));
  t.strictSame(commandsOf(README).slice(0, 2), ['npm ci && npm start', 'npm ci && npm test']);
});

t.test('every command of the READMEs exists', async (t) => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  const lines = commandsOf(README).join('\n');
  for (const [, script] of lines.matchAll(/npm run ([\w:]+)/g)) t.ok(scripts[script!], `npm run ${script}`);
  t.ok(scripts.start && scripts.test, 'npm start and npm test');
  const known = knownCommands();
  const called = [...lines.matchAll(/(?:^|\$\(| )(?:exchange|node dist\/src\/main\.js) ([a-z]+)(?: ([a-z]+))?/gm)];
  t.ok(called.length > 10, 'commands were found');
  for (const [whole, command, second] of called) {
    t.ok(known.has(command!), whole);
    if (GROUPS.has(command!)) t.ok(known.has(second!), whole);
  }
  for (const option of new Set(lines.match(/(?<= )--(?:as|key|output|receipt|proof|vkey|body|resource|demo)\b/g))) {
    t.ok(commandSources().includes(`${option} <`) || commandSources().includes(`'${option}'`), option);
  }
});

t.test('settings and exit codes are those of the program', async (t) => {
  const [, schema = ''] =
    /const SCHEMA = \{([\s\S]*?)\} as const;/.exec(text('src/platform/config-environment.ts')) ?? [];
  const declared = [...schema.matchAll(/^\s+((?:EXCHANGE|DATABASE)_[A-Z_]+): \{/gm)].map(([, name]) => name!);
  t.ok(declared.length > 15, 'settings were found');
  for (const document of [README, README_ZH]) {
    const told = [...text(document).matchAll(/^\| `((?:EXCHANGE|DATABASE)_[A-Z_]+)` \|/gm)].map(([, name]) => name!);
    t.strictSame(told.sort(), [...declared, 'DATABASE_URL_FILE'].sort(), document);
    const codes = [...text(document).matchAll(/^\| (\d+) \| \D/gm)].map(([, code]) => Number(code));
    const exits = codes.slice(-Object.keys(EXIT).length);
    t.strictSame(exits, Object.values(EXIT), `exit codes of ${document}`);
  }
});

t.test('the table of error codes is the register', async (t) => {
  const rows = [...text('src/rest/errors.md').matchAll(/^\| `([a-z-]+)` \| (\d+) \| ([^|]+) \|/gm)];
  const told = Object.fromEntries(rows.map(([, code, status, title]) => [code, { status: Number(status), title }]));
  t.strictSame(told, PROBLEMS);
  const cells = text('src/rest/errors.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .filter((line) =>
      line
        .split('|')
        .slice(1, -1)
        .some((cell) => cell.trim() === ''),
    );
  t.strictSame(cells, [], 'nothing is left empty');
});

t.test('no document names the machine it was written on', async (t) => {
  for (const document of [README, README_ZH, ...documentsOfFolders()]) {
    t.notMatch(text(document), /\/work\/|\/tmp\/|\/root\//, document);
  }
});

const GROUPS = new Set(['catalog', 'audit', 'grant', 'application', 'config']);

/** The lines of the shell blocks, without comments. */
function commandsOf(document: string): string[] {
  const blocks = [...text(document).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '' && !line.startsWith('#'));
}

function commandSources(): string {
  return listTree('src/cli')
    .files.filter((path) => path.endsWith('.ts'))
    .map(text)
    .join('\n');
}

/** Commands as the command line declares them: `new Command('token')`, `.command('apply')`, `.command('export <directory>')`. */
function knownCommands(): Set<string> {
  return new Set([...commandSources().matchAll(/(?:Command|\.command)\('([a-z]+)/g)].map(([, name]) => name!));
}

function documentsOfFolders(): string[] {
  return ['src', 'catalog', 'schemas', 'test/examples', 'test/bench'].flatMap((folder) =>
    listTree(folder).files.filter((path) => path.endsWith('.md')),
  );
}
