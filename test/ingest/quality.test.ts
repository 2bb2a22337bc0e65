import fc from 'fast-check';
import { compileContract } from '../../src/catalog/compile/compile-contract.js';
import type { Contract } from '../../src/catalog/contract.js';
import type { ReadBatches } from '../../src/exchange/derived/computing.js';
import { findingsOf } from '../../src/exchange/derived/findings.js';
import type { RuleReport } from '../../src/ingest/quality/report.js';
import { timeliness } from '../../src/ingest/quality/score.js';
import { DIMENSIONS } from '../../src/ingest/rules/rule.js';
import { releasedDatasets } from '../../src/query/datasets/released.js';
import { residentIdCheck } from '../../src/standard/identifier.js';
import { loadStandard } from '../../src/standard/standard.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';
import { scoring } from './scoring.js';

const node = await testNode(t);
const { exchange } = node;
type Row = Record<string, unknown>;

for (const department of ['exchange', 'grid-center', 'police', 'housing']) {
  await node.register(`${department}-publisher`, { department, roles: ['publisher'] });
}
let keys = 0;
const granted = new Set<string>();
async function deliver(dataset: string, rows: readonly Row[], more: { as?: string; mode?: string } = {}) {
  const { as = `${dataset.split('/')[0]}-publisher`, mode = 'snapshot' } = more;
  if (as.endsWith('-publisher') && !granted.has(dataset)) {
    await node.grant({ application: as, dataset, mode: 'deliver', fields: [] });
    granted.add(dataset);
  }
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': `q-${++keys}` };
  const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const sent = await node.ask('POST', `/data/${dataset}/v1/deliveries?mode=${mode}`, { as, headers, body });
  t.equal(sent.status, 201, sent.text);
  return sent.body;
}
const quality = (dataset: string, query = '', as = `${dataset.split('/')[0]}-publisher`) =>
  node.ask('GET', `/data/${dataset}/v1/quality${query}`, { as });
const linesOf = (rules: RuleReport[], rule: string, field?: string | null) =>
  rules.find((one) => one.rule === rule && (field === undefined || one.field === field))?.lines;

const COMMUNITY = '370303104003';
const numbered = (n: number, born = '19900131') => {
  const digits = `370399${born}${String(n).padStart(3, '0')}`;
  return digits + residentIdCheck(digits);
};
const person = (n: number, more: Row = {}): Row => ({
  id_kind: '111',
  id_number: numbered(n),
  name: '张三',
  gender: n % 2 === 1 ? '1' : '2',
  born: '1990-01-31',
  registered_division: COMMUNITY,
  residence_division: COMMUNITY,
  status: '0',
  ...more,
});
const grid = (n: number, more: Row = {}): Row => ({
  code: `${COMMUNITY}${String(n).padStart(3, '0')}`,
  name: '网格',
  division_code: COMMUNITY,
  settlement: '1',
  kind: '1',
  households_count: 320,
  ...more,
});

t.test('grids: one community, size, a full-time worker; findings by township', async (t) => {
  const divisions = ['370303', '370303104', COMMUNITY].map((code, i) => ({
    code,
    name: code,
    level: String(3 + i),
    quasi: false,
  }));
  t.match(await deliver('exchange/division', divisions), { state: 'published' });
  const sent = await deliver('grid-center/grid', [
    grid(1),
    grid(2, { households_count: 350 }),
    grid(3, { households_count: 351 }),
    grid(4, { households_count: 299 }),
    grid(5, { settlement: '2', households_count: 500 }),
    grid(6, { settlement: '2', households_count: 501 }),
    grid(7, { kind: '2', households_count: 3 }),
    grid(8, { code: '370303104009008' }),
    grid(9, { code: '370303999001009', division_code: '370303999001' }),
  ]);
  t.match(sent, { state: 'published', report: { quality: { scores: { conformity: 100, timeliness: 100 } } } });
  const { rules, rows, labelled } = (await quality('grid-center/grid')).body.data;
  t.same(rows, { received: 9, accepted: 9, rejected: 0 });
  t.equal(labelled, 100);
  t.same(linesOf(rules, 'grid-size'), [3, 4, 6]);
  t.same(linesOf(rules, 'grid-in-community'), [8]);
  t.same(linesOf(rules, 'reference-exists', 'division_code'), [9]);
  const { townships } = rules.find(({ rule }: RuleReport) => rule === 'grid-size');
  t.same(townships, [{ code: '370303104', name: '傅家镇', rows: 3 }]);
  t.equal(linesOf(rules, 'urban-grid-worker'), undefined, 'no worker has been delivered: nothing is known');

  const worker = (n: number, full_time: boolean) => ({
    worker_no: `w${n}`,
    name: '李四',
    grid_code: grid(n).code,
    post: '3',
    full_time,
    division_code: COMMUNITY,
  });
  await deliver('grid-center/grid-worker', [worker(1, true), worker(2, false), worker(77, true)]);
  const ofWorkers = (await quality('grid-center/grid-worker')).body.data;
  t.same(linesOf(ofWorkers.rules, 'reference-exists', 'grid_code'), [3]);
  t.match(
    ofWorkers.rules.find(({ rule }: RuleReport) => rule === 'urban-grid-worker'),
    { severity: 'finding', rows: 6, lines: [] },
  );
  const { owner } = exchange.database;
  const datasets = await releasedDatasets(owner, exchange.policy.current().catalog);
  const read: ReadBatches = async function* (text) {
    yield (await owner.query(text)).rows;
  };
  const findings = [];
  for await (const batch of findingsOf(datasets, read))
    findings.push(...batch.map(({ rule, ...finding }) => ({ rule: rule.name, ...finding })));
  t.equal(findings.filter(({ rule }) => rule === 'grid-size').length, 3);
  t.match(
    findings.find(({ rule, subject }) => rule === 'urban-grid-worker' && subject === grid(2).code),
    {
      division_code: '370303104',
      detail: { zh: '没有专职网格员' },
    },
  );
  t.notOk(findings.some(({ rule, subject }) => rule === 'urban-grid-worker' && subject === grid(1).code));
  t.notOk(
    findings.some(({ rule, subject }) => rule === 'urban-grid-worker' && subject === grid(5).code),
    'rural',
  );
});

t.test('people: number, born, gender, head; rejected rows are named too', async (t) => {
  const rows = [
    ...Array.from({ length: 60 }, (_, i) => person(i + 1)),
    person(101, { born: '1990-02-01' }),
    person(102, { gender: '1' }),
    person(103, { gender: '9' }),
    person(104, { head_id: numbered(1) }),
    person(105, { head_id: numbered(900) }),
    { ...person(106), id_number: numbered(998, '20991231'), born: '2099-12-31' },
    person(107, { residence_division: '370303104002', grid_code: grid(1).code }),
    person(108, { id_kind: '414', id_number: '900101010101010101' }),
    person(109, { id_number: '370399199001311091' }),
    person(110, { name: '' }),
    person(1),
  ];
  const sent = await deliver('police/resident', rows);
  t.match(sent, { state: 'published', accepted: 68, rejected: 3 });
  const told = await quality('police/resident');
  const { rules, scores, fields } = told.body.data;
  const expected: [string, string | null, number[]][] = [
    ['born-matches-number', 'born', [61]],
    ['gender-matches-number', 'gender', [62]],
    ['head-exists', 'head_id', [65]],
    ['date-not-in-future', 'born', [66]],
    ['grid-in-community', 'grid_code', [67]],
    ['reference-exists', 'residence_division', [67]],
    ['checksum', 'id_number', [69]],
    ['required-filled', 'name', [70]],
    ['key-unique', null, [71]],
    ['value-in-form', null, []],
    ['code-in-list', null, []],
  ];
  for (const [rule, field, lines] of expected) t.same(linesOf(rules, rule, field), lines, rule);
  t.same(
    sent.report.quality.rules.map(({ rule }: { rule: string }) => rule).sort(),
    expected
      .filter(([, , lines]) => lines.length > 0)
      .map(([rule]) => rule)
      .sort(),
    'the reply names the rules that were broken, and no other',
  );
  t.ok(DIMENSIONS.every((name) => scores[name].score >= 0 && scores[name].score <= 100));
  t.match(
    fields.find(({ field }: { field: string }) => field === 'head_id'),
    { rows: 2 },
  );
  t.notMatch(told.text, /张三|3703991990/, 'no value in a report');
  await exchange.database.owner.query('UPDATE exchange.quality SET report = report').then(
    () => t.fail('changed'),
    (error) => t.match(error, { code: '42501' }, 'append-only'),
  );
});

t.test('terms, households, steps of events', async (t) => {
  const lease = (lease_no: string, from_on: string, until_on: string | null) => ({
    lease_no,
    house_code: 'h',
    from_on,
    until_on,
    division_code: COMMUNITY,
  });
  await deliver('housing/lease', [
    lease('a', '2026-01-01', '2026-12-31'),
    lease('b', '2026-01-02', '2026-01-01'),
    lease('c', '2026-01-01', null),
    lease('d', '2099-01-01', '2099-01-01'),
  ]);
  const leases = (await quality('housing/lease')).body.data.rules;
  t.same(linesOf(leases, 'from-before-until', 'until_on'), [2]);
  t.equal(linesOf(leases, 'date-not-in-future'), undefined, 'terms may lie ahead');

  const house = (household_no: string, head_id: string) => ({
    county: '370399',
    household_no,
    kind: '1',
    head_id,
    division_code: COMMUNITY,
    members_count: 1,
  });
  await deliver('police/household', [house('1', numbered(1)), house('2', numbered(901))]);
  t.same(linesOf((await quality('police/household')).body.data.rules, 'head-exists', 'head_id'), [2]);

  const ways: [string, number[]][] = [
    ['10 20 30 40 50 60 70 80 90', []],
    ['10 20 95 60 96 90 95', []],
    ['10 20 30 65 20 30 90', []],
    ['10 30 20', [3]],
    ['10 90 80', [3]],
    ['65 10', [1]],
    ['10 90 65 10', [3, 4]],
    ['10 60 65 50 40', [5]],
    ['10 20@-1', [2]],
  ];
  const steps = ways.flatMap(([way, faulty], event) =>
    way.split(' ').map((step, i) => {
      const [kind, late = '1'] = step.split('@');
      const at = new Date(Date.UTC(2026, 0, 1, 12 + i * Number(late))).toISOString();
      return {
        faulty: faulty.includes(i + 1),
        row: { event_no: `e${event}`, seq: i + 1, kind, at, division_code: COMMUNITY },
      };
    }),
  );
  await deliver(
    'grid-center/event-step',
    steps.map(({ row }) => row),
  );
  const disordered = steps.flatMap(({ faulty }, i) => (faulty ? [i + 1] : []));
  t.same(linesOf((await quality('grid-center/event-step')).body.data.rules, 'event-steps-in-order'), disordered);
});

t.test('threat: a reader learns of rows outside its scope from the quality of a dataset', async (t) => {
  const dataset = 'police/resident';
  await node.register('reader');
  await node.register('stranger');
  await node.register('part', { department: 'police', roles: ['publisher'] });
  await node.grant({ application: 'reader', dataset, rows: { scope: [{ field: 'residence_division', in: [] }] } });
  const rows = { scope: [{ field: 'registered_division', in: ['370303104002'] }] };
  await node.grant({ application: 'part', dataset, mode: 'deliver', fields: [], rows });
  for (const as of ['reader', 'part']) {
    const told = await quality(dataset, '', as);
    t.equal(told.status, 200, told.text);
    t.match(String(told.headers.get('exchange-receipt')), /^index=\d+/);
    t.same(Object.keys(told.body.data).sort(), ['labelled', 'release', 'released', 'rules', 'scores']);
    for (const rule of told.body.data.rules) {
      t.same(Object.keys(rule).sort(), ['basis', 'dimension', 'field', 'percent', 'rule', 'severity', 'title']);
      t.ok(Number.isInteger(rule.percent));
    }
    t.ok(Object.values(told.body.data.scores).every(Number.isInteger));
  }
  const own = await deliver(dataset, [person(301, { registered_division: '370303104002' })], {
    as: 'part',
    mode: 'delta',
  });
  t.equal(own.state, 'published');
  t.ok((await quality(dataset, '', 'part')).body.data.rows, 'of its own delivery a contributor sees all');
  t.notOk((await quality(dataset, '?release=1', 'part')).body.data.rows, 'and of another one not');
  t.ok((await quality(dataset, '?release=1')).body.data.rows);

  const plain = ({ text }: { text: string }) => text.replace(/"(instance|trace_id|detail)":"[^"]*",?/g, '');
  const unknown = await node.ask('GET', '/data/police/nothing/v1/quality', { as: 'stranger' });
  const refused = await quality(dataset, '?nonsense=1', 'stranger');
  t.equal(refused.status, 404);
  t.equal(plain(refused), plain(unknown));
  const { rows: entries } = await exchange.database.app.query(
    `SELECT event, count(*)::int FROM audit.entry WHERE application IN ('reader', 'part', 'stranger') AND event LIKE '%.read' GROUP BY 1`,
  );
  t.same(entries, [{ event: 'quality.read', count: 4 }]);
});

t.test('history, and refused requests', async (t) => {
  const dataset = 'police/resident';
  const history = await quality(dataset, '/history?limit=1');
  t.match(history.body, { data: [{ release: 2, labelled: 100 }], page: { before: 2, has_more: true } });
  t.match((await quality(dataset, '/history?before=2')).body, { data: [{ release: 1 }], page: { has_more: false } });
  t.equal((await quality(dataset, '/history?before=1')).body.data.length, 0);
  for (const [query, status, code] of [
    ['?release=9', 404, 'not-found'],
    ['?release=0', 400, 'bad-value'],
    ['?release=x', 400, 'bad-value'],
    ['?release=1&release=1', 400, 'repeated-parameter'],
    ['?relaese=1', 400, 'unknown-parameter'],
    ['/history?limit=101', 400, 'bad-value'],
    ['/history?release=1', 400, 'unknown-parameter'],
  ] as const) {
    const told = await quality(dataset, query);
    t.match({ status: told.status, code: told.body.code }, { status, code }, query);
  }
});

const resident = exchange.policy.current().catalog.contracts.get('police/resident/v1') as Contract;

t.test('threat: a certificate shows the identity number that it embeds', (t) => {
  const disability = exchange.policy.current().catalog.contracts.get('disabled-federation/disability/v1') as Contract;
  t.equal(disability.fields.get('certificate_no')!.defaultMask, 'id-number');
  const { fields, ...rest } = disability.document as { fields: Record<string, object> };
  const hidden = { ...fields, id_number: { ...fields.id_number, mask: 'hide' } };
  const compiled = compileContract({ ...rest, fields: hidden }, loadStandard());
  t.equal('contract' in compiled && compiled.contract.fields.get('certificate_no')!.defaultMask, 'hide');
  t.end();
});

t.test('scores are within 0 and 100, and a faulty row raises none of its own', async (t) => {
  const { kinds, faults, warned, scores } = scoring(
    resident,
    (row) => ({ ...person(1), ...row }),
    numbered(1, '20990101'),
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 30 }), fc.constantFrom(...kinds), (rows, next) => {
      const before = scores(rows);
      const after = scores([...rows, next]);
      const bounded = DIMENSIONS.every((name) => after[name] >= 0 && after[name] <= 100);
      const own = warned[next];
      const watched = next in faults ? DIMENSIONS : own === undefined ? [] : [own];
      return bounded && watched.every((name) => after[name] <= before[name]);
    }),
  );
  t.match(scores(['clean']), { conformity: 100, accuracy: 100, consistency: 100, accessibility: 100 });
  t.match(scores(['clean', 'born', 'born', 'clean']), { accuracy: 50, consistency: 100 });
  t.equal(timeliness({ resource: { update: 'daily' } }, 4), 25);
  t.equal(timeliness({ resource: { update: 'weekly' } }, 4), 100);
  t.equal(timeliness({ resource: { update: 'irregular' } }, 4_000), 100);
});
