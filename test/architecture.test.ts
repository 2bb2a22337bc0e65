import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../src/platform/paths.js';
import { TYPES } from '../src/standard/type.js';
import { listTree, readSources, type SourceFile } from './support/source-files.js';
import t from './support/tap.js';
import { WAYS_INTO_THE_LOG } from './support/ways-into-the-log.js';

/** From the top: a file may import from any layer below its own, never from above, and never from another folder of its own layer. */
const LAYERS: readonly (readonly string[])[] = [
  ['main', 'start', 'on-machine', 'back-up', 'restore', 'app', 'doors'],
  ['rest', 'graphql', 'console', 'cli', 'demo'],
  ['workflow'],
  ['exchange'],
  ['query', 'ingest'],
  ['access'],
  ['audit', 'catalog'],
  ['standard', 'client'],
  ['platform'],
];

/** Who alone may import a package or a file of ours. What is not named here is free. */
const RESERVED: readonly { what: RegExp; by: RegExp; why: string }[] = [
  {
    what: /^(pg|pg-copy-streams)$/,
    by: /^src\/(platform|audit|access|query|ingest|exchange|workflow)\//,
    why: 'doors hold no database',
  },
  {
    what: /^knex$/,
    by: /^(src\/platform|migrations)\//,
    why: 'knex migrates the tables of the platform, nothing else',
  },
  { what: /^src\/query\/run\.ts$/, by: /^src\/(exchange\/|app\.ts)/, why: 'rows come through exchange/answer.ts' },
  { what: /^src\/platform\/postgres\/reader-pool\.ts$/, by: /^src\/platform\//, why: 'one file reads datasets' },
  {
    what: /^(fastify|@fastify\/.*)$/,
    by: /^src\/(rest\/|graphql\/|console\/|app\.ts|doors\.ts)/,
    why: 'HTTP ends at the doors',
  },
  { what: /^(graphql|mercurius)$/, by: /^src\/graphql\//, why: 'GraphQL ends at its door' },
  { what: /^oidc-provider$/, by: /^src\/access\/identity\//, why: 'OAuth ends at identity' },
  { what: /^commander$/, by: /^src\/cli\//, why: 'the command line ends at cli' },
  { what: /^migrations\//, by: /^src\/platform\/postgres\/migrate\.ts$/, why: 'one way to migrate' },
];

const TYPE_COMPARED = new RegExp(`(\\.name [!=]== |\\bcase )'(${Object.keys(TYPES).join('|')})'`, 'g');

/** What only some files may write: where it belongs, and exceptions with their reason and how often today. They may only become fewer. */
const RESERVED_TEXT: readonly {
  what: RegExp;
  why: string;
  by: Readonly<Record<string, string | { times: number; because: string }>>;
}[] = [
  {
    what: /process\.env\b/g,
    why: 'the environment is read in one place',
    by: { 'src/platform/config.ts': 'this is the place' },
  },
  {
    what: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|(?<!\.)\brandomUUID\(|(?<!\.)\brandomBytes\(/g,
    why: 'time and chance come through platform/clock.ts',
    by: {
      'src/platform/clock.ts': 'this is the place',
      'src/platform/postgres/embedded/start-postgres.ts': {
        times: 1,
        because: 'a password, made where no clock is handed in',
      },
      'src/platform/postgres/embedded/postgres-cluster.ts': { times: 1, because: 'names a folder that is set aside' },
      'src/platform/telemetry.ts': { times: 1, because: 'time of a log line' },
      'src/doors.ts': { times: 1, because: 'ids of requests' },
      'src/rest/entrance/malformed.ts': { times: 1, because: 'the id of bytes that are no request' },
    },
  },
  {
    what: /\bperformance\.now\(/g,
    why: 'deadlines run on the steady clock of their own process only',
    by: {
      'src/platform/postgres/reader-pool.ts': 'a connection that makes no progress',
      'src/platform/postgres/embedded/wait-for.ts': 'deadline of a start',
      'src/platform/postgres/embedded/start-postgres.ts': 'deadline of a start',
      'src/audit/writer.ts': 'how long a commit is tried',
      'src/rest/entrance/body-deadlines.ts': 'how long a body takes',
      'src/rest/entrance/connections.ts': 'how long a connection stays silent',
      'src/platform/health/pulse.ts': 'age of a commit, and whether the clock of the wall jumped',
      'src/cli/commands/machine/start.ts': 'tells an echoed Ctrl-C from a second one',
    },
  },
  {
    what: /\bReaderPool\b|\.reader\b/g,
    why: 'only query/run.ts touches the reading pool',
    by: {
      'src/query/run.ts': 'this is the place',
      'src/platform/postgres/database.ts': 'opens it',
      'src/platform/postgres/reader-pool.ts': 'is it',
      'src/app.ts': 'hands it to query/run.ts',
    },
  },
  {
    what: /cache-control/gi,
    why: 'one hook keeps replies out of caches',
    by: {
      'src/rest/entrance/guard.ts': 'this is the place',
      'src/rest/http/problem.ts': { times: 1, because: 'an error of a route whose replies may be kept' },
      'src/rest/entrance/malformed.ts': { times: 1, because: 'bytes that are no request meet no hook' },
      'src/rest/data/present.ts': { times: 1, because: 'data is kept by its reader, with its tag' },
      'src/rest/platform/audit-operations.ts': { times: 1, because: 'a tile never changes' },
      'src/rest/pages/public-pages.ts': { times: 3, because: 'pages that hold no data' },
    },
  },
  {
    what: WAYS_INTO_THE_LOG,
    why: 'entries go through audit/recorded.ts, so that what is overtaken is decided again',
    by: { 'src/audit/log.ts': 'has them', 'src/audit/recorded.ts': 'this is the place' },
  },
  { what: TYPE_COMPARED, why: 'a type says everything of itself in standard/types', by: {} },
  { what: /\bexport default\b/g, why: 'exports are named', by: {} },
  { what: /\bconsole\.\w+\(/g, why: 'logs are structured and hold no data', by: {} },
];

const MARKS = new RegExp(
  ['TO' + 'DO', 'FIX' + 'ME', 'biome-' + 'ignore', '@ts-' + 'ignore', '@ts-' + 'expect-error', 'c8 ' + 'ignore'].join(
    '|',
  ),
);
const GRAB_BAGS = /^(utils?|helpers?|common|shared|misc|managers?|services?|impl|lib)$/;

/** Lines of a file and of a function. Tests have a ceiling of their own, which is to come down to the same. */
const MOST = { src: { file: 300, function: 60 }, test: { file: 360, function: 110 } };
/** Longer than that today, and by how much at most; a number may only become smaller, and goes when it fits. */
const LONGER: Readonly<Record<string, number>> = {
  'src/audit/checkpoint.ts openCheckpoints': 105,
  'src/audit/writer.ts startWriter': 120,
  'migrations/001-platform.ts up': 170,
};
const README_CHARACTERS = 2_500;
/** Files of TypeScript in one folder: more than that hides the story. */
const FOLDER_FILES = 15;
/** Folders that hold more today, and how many; a number may only become smaller. */
const CROWDED: Readonly<Record<string, number>> = {};

/** How often src says what the compiler can't check; a number may only become smaller. */
const ASSERTED = { present: 125, casts: 73 };

const sources = readSources('src', 'migrations');
const tests = readSources('test');
const bySource = new Map(sources.map((file) => [file.path, file]));

t.test('imports go down the layers, never up and never sideways', async (t) => {
  const faults = sources.flatMap((file) =>
    file.imports
      .filter(({ ours, target }) => ours && target.startsWith('src/') && !mayImport(file.path, target))
      .map(({ target }) => `${file.path} → ${target}`),
  );
  t.strictSame(faults.sort(), []);
  t.strictSame(
    [...new Set(sources.map(({ path }) => unitOf(path)))].filter((unit) => layerOf(unit) < 0 && unit !== ''),
    [],
  );
  const missing = sources.flatMap(({ path, imports }) =>
    imports.filter(({ ours, target }) => ours && !bySource.has(target)).map(({ target }) => `${path} → ${target}`),
  );
  t.strictSame(missing, [], 'relative imports stay in src and migrations');
});

t.test('the rule about layers refuses what it should', async (t) => {
  for (const [from, to, allowed] of [
    ['src/rest/data/respond.ts', 'src/exchange/answer.ts', true],
    ['src/rest/data/respond.ts', 'src/platform/errors.ts', true],
    ['src/rest/data/respond.ts', 'src/graphql/route.ts', false],
    ['src/graphql/route.ts', 'src/rest/data/present.ts', false],
    ['src/audit/log.ts', 'src/access/policy/policy.ts', false],
    ['src/audit/log.ts', 'src/catalog/contract.ts', false],
    ['src/platform/keys/keys.ts', 'src/standard/standard.ts', false],
    ['src/exchange/answer.ts', 'src/rest/data/present.ts', false],
    ['src/rest/data/present.ts', 'src/app.ts', false],
    ['src/main.ts', 'src/start.ts', true],
  ] as const) {
    t.equal(mayImport(from, to), allowed, `${from} → ${to}`);
  }
});

t.test('no cycle among files, types included', async (t) => {
  t.strictSame(findCycles(), []);
});

t.test('packages and places that belong to some', async (t) => {
  for (const { what, by, why } of RESERVED) {
    const found = sources
      .filter(({ path, imports }) => !by.test(path) && imports.some(({ target }) => what.test(target)))
      .map(({ path }) => path);
    t.strictSame(found, [], `${what.source}: ${why}`);
  }
});

t.test('a type name has one meaning in the whole tree', async (t) => {
  const places = new Map<string, string[]>();
  for (const { path, types } of sources)
    for (const name of types) places.set(name, [...(places.get(name) ?? []), path]);
  const doubled = [...places].filter(([, paths]) => paths.length > 1);
  t.strictSame(
    doubled.map(([name, paths]) => `${name}: ${paths.join(', ')}`),
    [],
  );
});

t.test('what is written in some places only', async (t) => {
  for (const { what, by, why } of RESERVED_TEXT) {
    for (const { path, text } of sources) {
      const times = text.match(what)?.length ?? 0;
      const place = by[path];
      if (typeof place === 'string') continue;
      const allowed = place?.times ?? 0;
      if (times !== allowed) {
        t.fail(
          `${path} has ${what.source} ${times} times, not ${allowed}: ${why}. Mend it, or lower the number where it became less.`,
        );
      }
    }
    t.pass(why);
  }
});

t.test('datasets are read through query, and written where a release is made', async (t) => {
  const places = /^src\/(catalog|query|ingest\/publish|exchange\/publishing)\//;
  const reading = sources.filter(({ path, text }) => /\b(live|history)Table\(/.test(text) && !places.test(path));
  t.strictSame(reading.map(({ path }) => path).sort(), []);
});

t.test('decide is pure, and the verifier shares nothing with the writer but the hash', async (t) => {
  const reached = reachable('src/access/policy/decide.ts');
  t.ok(reached.size > 5, 'something was followed');
  const impure = [...reached].filter(
    (target) => target.startsWith('node:') || /\/(database|clock|log)\.ts$|^pg$/.test(target),
  );
  t.strictSame(impure, []);
  const shared = sources
    .filter(({ path }) => path.startsWith('src/audit/verify/'))
    .flatMap(({ imports }) => imports.filter(({ ours, typeOnly }) => ours && !typeOnly).map(({ target }) => target))
    .filter((target) => target.startsWith('src/') && !target.startsWith('src/audit/verify/'));
  t.strictSame([...new Set(shared)].sort(), ['src/audit/tree/hash.ts']);
});

t.test('files and functions fit a screen, and what does not only becomes shorter', async (t) => {
  const longer = Object.fromEntries([...sources, ...tests].flatMap(tooLong));
  for (const [name, lines] of Object.entries(longer)) {
    t.ok(
      lines <= (LONGER[name] ?? 0),
      `${name} has ${lines} lines: shorten it; at most ${LONGER[name] ?? 'what MOST says'}`,
    );
  }
  t.strictSame(
    Object.keys(LONGER).filter((name) => longer[name] === undefined),
    [],
    'what fits by now leaves the list',
  );
});

t.test('what the compiler cannot check becomes less', async (t) => {
  const count = (what: keyof typeof ASSERTED) => sources.reduce((sum, { asserted }) => sum + asserted[what], 0);
  t.ok(count('present') <= ASSERTED.present, `${count('present')} times \`x!\`, at most ${ASSERTED.present}`);
  t.ok(count('casts') <= ASSERTED.casts, `${count('casts')} times \`x as T\`, at most ${ASSERTED.casts}`);
});

t.test('an error that is thrown for another one has it as its cause', async (t) => {
  const found = sources.flatMap(({ path, causeless }) => causeless.map((line) => `${path}:${line}`));
  t.strictSame(found, []);
});

t.test('names say what is inside, and nothing is left for later', async (t) => {
  const { files, folders } = listTree('src');
  const grabBags = [...files, ...folders].filter((path) =>
    GRAB_BAGS.test(path.split('/').at(-1)!.replace(/\..*$/, '')),
  );
  t.strictSame(grabBags, []);
  const cased = files.filter((path) => !/^[a-z0-9./-]+$/.test(path.replace(/README\.md$/, '')));
  t.strictSame(cased, [], 'kebab-case');
  const marked = [...sources, ...tests].filter(({ text }) => MARKS.test(text)).map(({ path }) => path);
  t.strictSame(marked, []);
});

t.test('every folder under src opens with a README that is short', async (t) => {
  for (const folder of listTree('src').folders) {
    const readme = join(packageRoot, folder, 'README.md');
    if (!existsSync(readme)) {
      t.fail(`${folder}/README.md is missing`);
      continue;
    }
    const { length } = readFileSync(readme, 'utf8');
    t.ok(length <= README_CHARACTERS, `${folder}/README.md has ${length} characters, at most ${README_CHARACTERS}`);
  }
});

t.test('a folder holds what a reader can keep in mind', async (t) => {
  const counts = new Map<string, number>();
  for (const { path } of sources) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  const crowded = Object.fromEntries([...counts].filter(([, files]) => files > FOLDER_FILES).sort());
  t.strictSame(crowded, CROWDED, `at most ${FOLDER_FILES} files, and what was more becomes less`);
});

/** `rest` of src/rest/…, `app` of src/app.ts, nothing for what lies outside of src. */
function unitOf(path: string): string {
  return /^src\/([^/.]+)/.exec(path)?.[1] ?? '';
}

function layerOf(unit: string): number {
  return LAYERS.findIndex((units) => units.includes(unit));
}

function mayImport(from: string, to: string): boolean {
  const [unit, other] = [unitOf(from), unitOf(to)];
  if (unit === other) return true;
  const [layer, otherLayer] = [layerOf(unit), layerOf(other)];
  if (layer < 0 || otherLayer < 0) return false;
  return layer < otherLayer || (layer === 0 && otherLayer === 0);
}

function reachable(start: string): Set<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const { target, typeOnly } of bySource.get(path)?.imports ?? []) {
      if (typeOnly || seen.has(target)) continue;
      seen.add(target);
      open.push(target);
    }
  }
  return seen;
}

function findCycles(): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      return;
    }
    state.set(path, 'open');
    for (const { ours, target } of bySource.get(path)?.imports ?? []) {
      if (ours) visit(target, [...trail, path]);
    }
    state.set(path, 'done');
  };
  for (const { path } of sources) visit(path, []);
  return cycles.sort();
}

function tooLong({ path, lines, functions }: SourceFile): [string, number][] {
  const most = path.startsWith('test/') ? MOST.test : MOST.src;
  const long = functions.filter((each) => each.lines > most.function);
  const file: [string, number][] = lines > most.file ? [[path, lines]] : [];
  return [...file, ...long.map((each): [string, number] => [`${path} ${each.name}`, each.lines])];
}
