import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCatalog } from '../../src/catalog/check/check-catalog.js';
import { parseYaml } from '../../src/catalog/yaml/parse-yaml.js';
import { runCatalogCheck } from '../../src/cli/commands/catalog/check.js';
import { packageRoot } from '../../src/platform/paths.js';
import t from '../support/tap.js';

const own = join(packageRoot, 'catalog');

/** A copy of the project's catalog with one changed file. */
function changed(directory: string, file: string, change: (text: string) => string): string {
  cpSync(own, directory, { recursive: true });
  const path = join(directory, file);
  mkdirSync(join(path, '..'), { recursive: true });
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // a new file
  }
  writeFileSync(path, change(text));
  return directory;
}

async function printed(directory: string, options: { json?: boolean } = {}): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await runCatalogCheck(directory, options, (more) => {
    text += more;
  });
  return { code, text };
}

t.test('the catalog of the demo has no fault', async (t) => {
  const { faults, contracts, publishers, purposes } = await checkCatalog(own);
  t.same(faults, []);
  t.ok(contracts.length >= 8);
  t.ok(publishers.length >= 7);
  t.ok(purposes.length > 0);
  for (const contract of contracts) t.notOk(contract.fields.has('faith'), contract.id);
  t.match(await printed(own), { code: 0, text: /^\d+ contracts, 0 faults\n$/ });
});

t.test('every fault names its file and line, and suggests what was meant', async (t) => {
  const file = 'police/household.v1.yaml';
  const original = readFileSync(join(own, file), 'utf8');
  const lineOf = (text: string) => original.split('\n').findIndex((line) => line.includes(text)) + 1;
  const cases: [string, (text: string) => string, string][] = [
    [
      file,
      (s) => s.replace('sortable: [household_no', 'sortable: [household_nr'),
      `${file}:${lineOf('sortable:')}: /sortable/0: There is no field household_nr (did you mean household_no)`,
    ],
    [
      file,
      (s) => s.replace('to: housing/house/v1', 'to: housing/huose/v1'),
      `${file}:${lineOf('house: {')}: /relations/house/to: There is no contract housing/huose/v1 (did you mean housing/house/v1)`,
    ],
    [file, (s) => s.replace('update: daily', 'update: dayly'), `${file}:${lineOf('resource:')}: /resource/update: `],
    [
      file,
      (s) => s.replace('version: "1.0"', 'version: "2.0"'),
      `${file}:1: /dataset: The file is not where its dataset and version say (expected police/household.v2.yaml)`,
    ],
    [file, (s) => s.replace('source-of-truth: true\n', ''), '0 faults'],
    [file, (s) => `${s}\nkey: id\n`, `${file}:`],
    [file, (s) => s.replace('key: [county', 'key: [[county'), `${file}:`],
    ['publishers.yaml', (s) => s.replace('11370399000000019N', '11370399000000019M'), 'publishers.yaml:5: /0/uscc: '],
    [
      'purposes.yaml',
      (s) => `${s}- { code: grid-service, title: { zh: 一, en: x }, law: y }\n`,
      'grid-service appears twice here',
    ],
    ['purposes.yaml', () => 'a: b', 'purposes.yaml:1: The form is wrong (expected a list)'],
    ['police/Strange.yaml', () => 'a: b', 'police/Strange.yaml: The catalog has no place for this file'],
    ['police/empty.v1.yaml', () => '', 'police/empty.v1.yaml'],
    ['police/big.v1.yaml', () => 'x'.repeat(600_000), 'police/big.v1.yaml: The file is too large'],
  ];
  for (const [at, [name, change, expected]] of cases.entries()) {
    const { code, text } = await printed(changed(join(t.testdir(), String(at)), name, change));
    t.ok(text.includes(expected), `${expected}\n${text}`);
    t.equal(code, expected === '0 faults' ? 0 : 1);
  }
});

t.test('an absent folder, and JSON', async (t) => {
  t.match(await printed(join(t.testdir(), 'nowhere')), { code: 2, text: /ENOENT/ });
  const { code, text } = await printed(own, { json: true });
  t.equal(code, 0);
  t.match(JSON.parse(text), { faults: [], contracts: [{ id: String, version: String, hash: /^[0-9a-f]{64}$/ }] });
});

t.test('YAML is read as written, within limits', async (t) => {
  t.match(parseYaml('a: 1.10\nb: 01\nc: no\nd: null\ne: 2026-01-31\nf:\n'), {
    value: { a: '1.10', b: '01', c: 'no', d: 'null', e: '2026-01-31', f: '' },
  });
  const bombs = [
    `a: &a [x, x]\n${'bcdefghijklmnopqrstuvw'
      .split('')
      .map((name, i, all) => `${name}: &${name} [*${i === 0 ? 'a' : all[i - 1]}, *${i === 0 ? 'a' : all[i - 1]}]`)
      .join('\n')}`,
    '['.repeat(200_000),
    'a: b: c',
    'a: 1\na: 2',
    '"\u0000',
    'a: !!js/function x',
    '--- a\n--- b',
  ];
  for (const text of bombs) t.ok('faults' in parseYaml(text), text.slice(0, 30));
});
