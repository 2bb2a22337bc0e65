import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { packageRoot } from '../../src/platform/paths.js';
import { checkCodeList } from '../../src/standard/check-code-list.js';
import { changedList, differenceOf, shippedList } from '../../src/standard/code-list.js';
import { entitySchema } from '../../src/standard/entity-schema.js';
import { readFacts } from '../../src/standard/facts.js';
import { isIdentifier, isResidentId, isUscc, residentIdCheck, usccCheck } from '../../src/standard/identifier.js';
import { defaultMask, maskFits } from '../../src/standard/mask.js';
import { readDerivations, readGridSizes } from '../../src/standard/places.js';
import { divisionFieldOf, townshipOf } from '../../src/standard/region.js';
import { loadStandard, withCodeList } from '../../src/standard/standard.js';
import { parseElementType, TYPES } from '../../src/standard/type.js';
import t from '../support/tap.js';

const standard = loadStandard();
const folder = join(packageRoot, 'schemas', 'standard', 'v1');

t.test('the standard is complete: every line of elements.csv is an element of a known type', async (t) => {
  const lines = readFileSync(join(folder, 'elements.csv'), 'utf8').trim().split('\n').length - 1;
  const elements = [...standard.entities.values()].flatMap((entity) => entity.elements);
  t.equal(standard.entities.size, 27);
  t.equal(elements.length, lines);
  t.equal(standard.lists.size, 45);
  t.equal(standard.divisions.size, 318);
  for (const entity of standard.entities.values()) {
    const names = entity.elements.map((element) => element.name);
    t.equal(new Set(names).size, names.length, `${entity.name} names each element once`);
    for (const key of entity.candidateKeys.flat()) t.ok(names.includes(key), `${entity.name} has its key ${key}`);
    for (const { name, type, mask, references } of entity.elements) {
      t.type(TYPES[type.name].column(type), 'string', `${entity.name}.${name} has a column`);
      if (mask !== undefined) t.ok(maskFits(mask, type), `${entity.name}.${name}: ${mask} fits`);
      if (references !== undefined) t.ok(standard.entities.has(references));
    }
  }
});

t.test('what the standard says of subjects, places and grids names its own elements and codes', async (t) => {
  t.same(standard.facts.get('household')?.[0]?.says.get('registered_division'), 'division_code');
  t.equal(standard.facts.get('person')?.[0]?.says.size, standard.entities.get('person')?.elements.length);
  t.same(standard.derivations[0], { field: ['building_code'], from: [['compound_code'], ['building_name']] });
  t.same(
    standard.gridSizes.map(({ settlement, least, most }) => [settlement, least, most]),
    [
      ['1', 300, 350],
      ['2', 300, 500],
    ],
  );
  const file = join(t.testdir(), 'wrong.csv');
  const facts = (line: string) => {
    writeFileSync(file, `entity,subject,by,element,field,division,grid\n${line}\n`);
    return readFacts(file, standard.entities);
  };
  for (const line of [
    'persona,person,id_number,*,*,,',
    'person,dog,id_number,*,*,,',
    'person,person,number,*,*,,',
    'migrant,person,id_number,name,first_name,,',
    'migrant,person,id_number,first_name,name,,',
  ]) {
    t.throws(() => facts(line), /facts.csv:2/, line);
  }
  const derivations = (line: string) => {
    writeFileSync(file, `field,from\n${line}\n`);
    return readDerivations(file, standard.entities);
  };
  for (const line of ['grid,house_code', ',house_code', 'grid_code,', 'grid_code,house_code+room', 'grid_code,a b']) {
    t.throws(() => derivations(line), /derivations.csv:2/, line);
  }
  const sizes = (line: string) => {
    writeFileSync(file, `kind,settlement,households_least,households_most,basis\n${line}\n`);
    return readGridSizes(file, standard.lists);
  };
  for (const line of [
    '9,1,300,350,x',
    '1,3,300,350,x',
    '1,1,350,300,x',
    '1,1,,350,x',
    '1,1,many,350,x',
    '1,1,300,,x',
  ]) {
    t.throws(() => sizes(line), /grid-sizes.csv:2/, line);
  }
});

t.test('the committed schemas match the elements, and compile', async (t) => {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const committed = readdirSync(folder).filter((file) => file.endsWith('.schema.json'));
  t.same(committed.sort(), [...standard.entities.keys()].map((name) => `${name}.schema.json`).sort());
  for (const entity of standard.entities.values()) {
    const text = readFileSync(join(folder, `${entity.name}.schema.json`), 'utf8');
    t.equal(
      text,
      `${JSON.stringify(entitySchema(entity, standard), null, 2)}\n`,
      `${entity.name} (npm run standard:schemas)`,
    );
    t.type(ajv.compile(JSON.parse(text)), 'function');
  }
  const division = ajv.getSchema('urn:civic-exchange:standard:v1:division');
  const row = { code: '370303', name: '张店区', level: '3', parent_code: null, settlement: null, quasi: false };
  t.equal(division?.(row), true);
  t.equal(division?.({ ...row, level: '7' }), false, 'a code that the list does not have');
  t.equal(division?.({ ...row, quasi: null }), false, 'a required element');
});

t.test('types as elements.csv writes them', async (t) => {
  const good: [string, string | undefined, object][] = [
    ['text:64', undefined, { name: 'text', length: 64 }],
    ['decimal:10,2', undefined, { name: 'decimal', precision: 10, scale: 2 }],
    ['code', 'settlement', { name: 'code', list: 'settlement' }],
    ['identifier:uscc', undefined, { name: 'identifier', scheme: 'uscc' }],
    ['list:code', 'volunteer-skill', { name: 'list', of: { name: 'code', list: 'volunteer-skill' } }],
    ['list:identifier:resident-id', undefined, { name: 'list', of: { name: 'identifier', scheme: 'resident-id' } }],
    [
      'identifier:resident-id or text:30',
      undefined,
      { name: 'identifier', scheme: 'resident-id', length: 30, kindField: 'id_kind' },
    ],
  ];
  for (const [text, list, type] of good) t.same(parseElementType(text, list), type, text);
  const bad = [
    '',
    'text',
    'text:0',
    'text:x',
    'decimal:10',
    'decimal:2,4',
    'code',
    'identifier',
    'identifier:passport',
  ];
  for (const text of [...bad, 'list:list:date', 'list:', 'date:1', 'varchar:3', 'boolean:1', 'TEXT:3']) {
    t.equal(parseElementType(text), undefined, text);
  }
});

t.test('GB 11643 and GB 32100: known numbers', async (t) => {
  // The standards' own examples and published credit codes of large companies.
  for (const good of ['11010519491231002X', '440524188001010014']) t.ok(isResidentId(good), good);
  for (const good of ['91350100M000100Y43', '914403001922038216', '9144030071526726XG', '91110108551385082Q']) {
    t.ok(isUscc(good), good);
  }
  const badNumbers = ['11010519491231002x', '110105194912310021', '11010519490231002X', '01010519491231002X', '', 'X'];
  for (const bad of [
    ...badNumbers,
    '1101051949123100 X',
    '110105194912310',
    '11010519491331002X',
    '１1010519491231002X',
  ]) {
    t.notOk(isResidentId(bad), bad);
  }
  for (const bad of ['91350100M000100Y44', '91350100M000100y43', '9135010OM000100Y43', '91350100I000100Y43', '']) {
    t.notOk(isUscc(bad), bad);
  }
  const strict = { name: 'identifier', scheme: 'resident-id' } as const;
  const either = { ...strict, length: 30, kindField: 'id_kind' };
  t.notOk(isIdentifier(strict, 'E12345678'));
  t.ok(isIdentifier(either, 'E12345678', '414'), 'a passport');
  t.notOk(isIdentifier(either, 'E12345678', '111'), 'a passport number called an identity card');
  t.notOk(isIdentifier(either, 'E'.repeat(31), '414'));
  t.notOk(isIdentifier(either, '', null));
  t.ok(isIdentifier({ name: 'identifier', scheme: 'uscc' }, '91350100M000100Y43'));
});

t.test('check characters find every single wrong digit and every swap of neighbours', async (t) => {
  const date = fc.date({ min: new Date('1900-01-01'), max: new Date('2026-01-01'), noInvalidDate: true });
  const digits = fc.tuple(fc.integer({ min: 100000, max: 999999 }), date, fc.integer({ min: 0, max: 999 }));
  const change = fc.tuple(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 9 }));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(digits, change, ([division, born, sequence], [at, by]) => {
        const day = born.toISOString().slice(0, 10).replaceAll('-', '');
        const body = `${division}${day}${String(sequence).padStart(3, '0')}`;
        const number = body + residentIdCheck(body);
        const wrong = body.slice(0, at) + String((Number(body[at]) + by) % 10) + body.slice(at + 1);
        const next = Math.min(at, 15);
        const swapped = body.slice(0, next) + body[next + 1]! + body[next]! + body.slice(next + 2);
        const swapFound = swapped === body || residentIdCheck(swapped) !== number[17];
        return isResidentId(number) && residentIdCheck(wrong) !== number[17] && swapFound;
      }),
    ),
  );
  const alphabet = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];
  const letters = fc.array(fc.constantFrom(...alphabet), { minLength: 9, maxLength: 9 });
  const region = fc.integer({ min: 100000, max: 999999 });
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(region, letters, change, (division, letter, [at, by]) => {
        const body = `91${division}${letter.join('')}`;
        const code = body + usccCheck(body);
        const place = alphabet.indexOf(body[at]!);
        const wrong = body.slice(0, at) + alphabet[(place + by) % 31]! + body.slice(at + 1);
        return isUscc(code) && usccCheck(wrong) !== code[17];
      }),
    ),
  );
});

t.test('divisions, their fields, and masks by default', async (t) => {
  t.equal(townshipOf('370303104002'), '370303104');
  t.equal(townshipOf('370303'), '370303');
  const orphans = [...standard.divisions.values()].filter(
    ({ code, parent }) => code.length > 6 && !standard.divisions.has(parent),
  );
  t.same(orphans, [], 'every division but the district has its parent here');
  const has =
    (...names: string[]) =>
    (name: string) =>
      names.includes(name);
  t.equal(divisionFieldOf('registered_address', has('registered_division', 'division_code')), 'registered_division');
  t.equal(divisionFieldOf('registered_address', has('division_code')), 'division_code');
  t.equal(divisionFieldOf('address', has('division_code')), 'division_code');
  t.equal(divisionFieldOf('address', has('residence_division')), undefined);
  t.equal(defaultMask('L3', undefined), 'hide');
  t.equal(defaultMask('L4', 'none'), 'hide');
  t.equal(defaultMask('L2', undefined), 'none');
  t.equal(defaultMask('L2', 'initial'), 'initial');
  t.notOk(maskFits('year', { name: 'text', length: 4 }));
  t.notOk(maskFits('initial', { name: 'integer' }));
});

t.test('code lists: shipped codes are never lost, and the history has every change', async (t) => {
  const shipped = [...standard.codeLists.values()];
  for (const { name, title, version, codes, source } of shipped) {
    t.ok(title.zh && title.en && version === 0 && codes.size > 1, name);
    t.equal(source !== undefined, /GB-T|GA-/.test(name), `${name} has its source`);
  }
  const drafts = fc.array(
    fc.record({
      code: fc.constantFrom('01', '02', '99', 'x', 'y', 'z'),
      title: fc.constantFrom({ zh: '甲' }, { zh: '矛盾纠纷' }, { zh: '甲', en: 'A' }),
      retired: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  const base = standard.codeLists.get('event-category')!;
  fc.assert(
    fc.property(fc.array(drafts, { maxLength: 4 }), (changes) => {
      let list = base;
      let told = new Set(base.codes.keys());
      changes.forEach((codes, i) => {
        const document = { name: base.name, title: base.title, codes, note: 'n', since: 's', department: null };
        list = changedList(list, document, i + 1);
        const { added, removed } = list.history.at(-1)!;
        told = new Set([...told, ...added].filter((code) => !removed.includes(code)));
      });
      if ([...told].sort().join() !== [...list.codes.keys()].sort().join()) return false;
      for (const code of base.codes.keys()) if (!list.codes.has(code)) return false;
      const back = shippedList(list)!;
      return back.version === 0 && Object.values(differenceOf(base.codes, back.codes)).flat().length === 0;
    }),
    { numRuns: 50 },
  );
  const made = changedList(
    undefined,
    { ...base, codes: [{ code: '1', title: { zh: '一' } }], note: '', since: '', department: null },
    1,
  );
  t.equal(shippedList(made), undefined, 'nothing of it ships');
  const other = withCodeList(standard, 'stalls', { ...made, name: 'stalls' });
  t.equal(other.version, '1 stalls@1');
  t.equal(other.lists.get('stalls')?.get('1'), '一');
  t.equal(withCodeList(other, 'stalls', undefined).version, '1');
  t.equal(standard.lists.has('stalls'), false, 'a standard never changes');
});

t.test('additions to a list of a standard are accepted, in any place', async (t) => {
  const gender = standard.codeLists.get('GB-T-2261.1_gender')!;
  const codes = [...gender.codes].map(([code, { title }]) => ({ code, title: { ...title, en: `code ${code}` } }));
  const draft = { note: 'n', codes: [{ code: '3', title: { zh: '其他' }, retired: true }, ...codes] };
  t.same(checkCodeList(gender.name, draft, gender), [], 'and a translation is not the standard');
  const empty = checkCodeList(gender.name, { note: 'n', codes: [] }, gender);
  t.equal(empty.length, gender.codes.size, 'each that is left out is named');
});
