import { createHash, generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/platform/paths.js';
import { until } from '../failure/until.js';
import { freePort } from '../support/node.js';
import { build, type Ended, exchange, postgresOf, run, temporary } from './exchange-child.js';

interface ResidentList {
  data: { police: { resident_list: { nodes: Record<string, unknown>[] } } };
}

// A new developer's way through the command line, and the worth of every acknowledged answer after a kill.
build();
const directory = temporary(t);
const dataDir = join(directory, 'data');
const port = String(await freePort());
const baseUrl = `http://127.0.0.1:${port}`;
const start = async () => {
  const child = exchange(['start', '--demo', '--people', '300', '--port', port, '--data-dir', dataDir]);
  await child.said(/Ctrl-C stops it/);
  return child;
};
let running = await start();
t.teardown(async () => {
  running.process.kill('SIGINT');
  await running.ended;
});

const cli = (...args: string[]): Promise<Ended> => run([...args, '--data-dir', dataDir]);
const write = (name: string, content: string | object): string => {
  const file = join(directory, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const RESIDENTS = `${baseUrl}/data/police/resident/v1`;

async function tokenOf(application: string, ...more: string[]): Promise<Record<string, string>> {
  const { stdout, stderr, code } = await cli('token', application, ...more);
  if (code !== 0) throw new Error(stderr);
  return { authorization: `Bearer ${stdout.trim()}` };
}

let receipt = '';
let body = '';
let keyFile = '';

t.test('register a key, get a grant, read the same by REST and by GraphQL', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = 'walker-1';
  keyFile = write('walker.jwk', { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256' });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' }];
  const application = { clientId: 'walker', title: '新应用', department: 'grid-center', jwks: { keys } };
  const registered = await cli('application', 'register', write('walker.json', application));
  t.equal(registered.code, 0, registered.stderr);
  const again = await cli('application', 'register', join(directory, 'walker.json'));
  t.equal(again.code, 1, 'a client id is taken once');
  t.match(again.stderr, /409 conflict/);

  const fields = ['id_number', 'name', 'gender', 'household_county', 'household_no'];
  const grant = {
    application: 'walker',
    dataset: 'police/resident',
    major: 1,
    mode: 'read',
    fields,
    masks: { id_number: 'id-number', name: 'initial' },
    rows: { scope: [{ field: 'residence_division', in: ['370303104003'] }] },
    purposes: ['grid-service'],
    legalBasis: '《中华人民共和国城市居民委员会组织法》第三条',
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  };
  const households = {
    ...grant,
    dataset: 'police/household',
    fields: ['county', 'household_no', 'members_count'],
    masks: {},
  };
  const scope = { rows: { scope: [{ field: 'division_code', in: ['370303104003'] }] } };
  for (const [name, draft] of [
    ['residents', grant],
    ['households', { ...households, ...scope }],
  ] as const) {
    const issued = await cli('grant', 'issue', write(`${name}.json`, draft));
    t.equal(issued.code, 0, `${name}: ${issued.stderr}`);
    t.match(issued.stdout, /active {2}walker/);
  }
  const faulty = await cli('grant', 'issue', write('faulty.json', { ...grant, fields: [...fields, 'phones'] }));
  t.equal(faulty.code, 1);
  t.match(faulty.stderr, /\/fields\/5: .*did you mean phone\?/, 'a wrong field is named');

  const headers = await tokenOf('walker', '--key', keyFile);
  const reply = await fetch(`${RESIDENTS}/rows?_limit=5&_select=name,gender`, { headers });
  body = await reply.text();
  t.equal(reply.status, 200, body);
  receipt = reply.headers.get('exchange-receipt')!;
  const query = '{ police { resident_list(first: 5) { nodes { _id name gender household { members_count } } } } }';
  const json = { ...headers, 'content-type': 'application/json' };
  const graphql = await fetch(`${baseUrl}/graphql/v1`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ query }),
  });
  const nodes = ((await graphql.json()) as ResidentList).data.police.resident_list.nodes;
  t.same(
    nodes.map(({ household: _, ...node }) => node),
    JSON.parse(body).data,
    'the same rows',
  );
  t.ok(
    nodes.some(({ household }) => household !== null),
    'with households nested',
  );
});

t.test('verify a receipt offline, with its answer', async (t) => {
  const index = /index=(\d+)/.exec(receipt)![1]!;
  const proof = join(directory, 'proof.txt');
  const fetched = await cli('audit', 'proof', index, '--as', 'walker', '--key', keyFile, '-o', proof);
  t.equal(fetched.code, 0, fetched.stderr);
  const vkey = write('vkey', await (await fetch(`${baseUrl}/audit/v1/vkey`)).text());
  const given = ['audit', 'verify', '--receipt', receipt, '--proof', proof, '--vkey', vkey, '--body'];
  const good = await run([...given, write('body.json', body)]);
  t.equal(good.code, 0, good.stderr);
  const bad = await run([...given, write('body-changed.json', body.replace('"gender":"1"', '"gender":"2"'))]);
  t.equal(bad.code, 1, 'a changed answer is not the one that was recorded');
});

t.test('a faulty file: the report names each line', async (t) => {
  const lines = ['区划代码,名称,级别,上级代码,城乡属性,实际管理单位,类似村居'];
  lines.push(
    '370303104003,盛世康城,九级,370303104,城镇,,否',
    ',无码,社区村,370303104,城镇,,否',
    '"unclosed,x,x,x,x,x,x',
  );
  const broken = await cli('deliver', 'exchange/division', write('broken.csv', lines.join('\n')), '--mode', 'delta');
  t.equal(broken.code, 1, broken.stdout + broken.stderr);
  t.match(broken.stdout, /rejected: /);
  t.match(broken.stdout, /line 2: level/);
  const foreign = await cli('deliver', 'police/resident', join(directory, 'broken.csv'), '--as', 'housing-publisher');
  t.equal(foreign.code, 1);
  t.match(foreign.stderr, /40[34]/, 'not its dataset');
});

t.test('a new contract is live at both doors and in OpenAPI when apply returns', async (t) => {
  const catalog = join(directory, 'catalog');
  cpSync(join(packageRoot, 'catalog'), catalog, { recursive: true });
  const division = readFileSync(join(catalog, 'exchange/division.v1.yaml'), 'utf8');
  const fresh = join(catalog, 'exchange/landmark.v1.yaml');
  const landmark = division
    .replace('exchange/division', 'exchange/landmark')
    .replace('303005001/000001', '303005009/000001')
    .replace('行政区划', '地标');
  writeFileSync(fresh, landmark.replace('key: code', 'key: cod'));
  const faulty = await run(['catalog', 'check', catalog]);
  t.equal(faulty.code, 1);
  t.match(faulty.stderr + faulty.stdout, /landmark\.v1\.yaml:\d+.*code/s, 'the fault has file, line and near-miss');
  writeFileSync(fresh, landmark);
  t.equal((await run(['catalog', 'check', catalog])).code, 0);
  const begun = performance.now();
  const applied = await cli('catalog', 'apply', catalog);
  t.comment(`catalog apply, the process included: ${Math.round(performance.now() - begun)} ms`);
  t.equal(applied.code, 0, applied.stderr);
  t.match(applied.stdout, /published contract exchange\/landmark\/v1/);
  t.match(applied.stdout, /1 published/);

  const headers = await tokenOf('walker', '--key', keyFile);
  t.equal((await fetch(`${baseUrl}/data/exchange/landmark/v1`, { headers })).status, 200);
  const json = { ...headers, 'content-type': 'application/json' };
  const query = '{ __type(name: "ExchangeLandmark") { name } }';
  const graphql = await fetch(`${baseUrl}/graphql/v1`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ query }),
  });
  t.match(await graphql.text(), '"ExchangeLandmark"');
  t.match(await (await fetch(`${baseUrl}/openapi.json`)).text(), '/data/exchange/landmark/v1/rows');

  writeFileSync(
    fresh,
    landmark.replace('  quasi: { from: 类似村居 }', '  quasi: false').replace('settlement, quasi]', 'settlement]'),
  );
  const breaking = await cli('catalog', 'apply', catalog);
  t.equal(breaking.code, 1);
  t.match(breaking.stderr, /quasi/, 'a breaking change is refused by name');
});

t.test('kill -9 under load: every acknowledged answer is in the log, and the log verifies', async (t) => {
  const headers = await tokenOf('grid-app');
  const acknowledged: { index: number; leaf: string }[] = [];
  let killed = false;
  const reader = async (): Promise<void> => {
    while (!killed) {
      const reply = await fetch(`${RESIDENTS}/rows?_limit=1`, { headers }).catch(() => undefined);
      const text = await reply?.text().catch(() => undefined);
      const [, index, leaf] = /index=(\d+), leaf=:([^:]+):/.exec(reply?.headers.get('exchange-receipt') ?? '') ?? [];
      if (text !== undefined && index !== undefined) acknowledged.push({ index: Number(index), leaf: leaf! });
    }
  };
  const readers = Array.from({ length: 16 }, reader);
  await until('there is load', () => acknowledged.length > 300);
  running.process.kill('SIGKILL');
  await running.ended;
  killed = true;
  await Promise.all(readers);
  await until('PostgreSQL is gone', () => postgresOf(dataDir).length === 0);
  running = await start();

  const exported = join(directory, 'export');
  mkdirSync(exported);
  const done = await cli('audit', 'export', exported);
  t.equal(done.code, 0, done.stderr);
  const verified = await run(['audit', 'verify', exported, '--json']);
  t.equal(verified.code, 0, verified.stderr);
  const { size } = JSON.parse(verified.stdout);
  t.comment(`${acknowledged.length} acknowledged, ${size} entries`);
  const leaves = new Map<number, string>();
  const entries = await tokenOf('auditor-app', '--resource', 'platform');
  for (const { index, leaf } of acknowledged.slice(-200)) {
    t.ok(index < size, `entry ${index} is in the log`);
    const reply = await fetch(`${baseUrl}/api/v1/audit/entries/${index}`, { headers: entries });
    const { bytes } = (await reply.json()) as { bytes: string };
    const found = createHash('sha256')
      .update(Buffer.concat([Buffer.from([0]), Buffer.from(bytes, 'base64')]))
      .digest('base64');
    if (found !== leaf) leaves.set(index, found);
  }
  t.same([...leaves], [], 'with the leaf that was acknowledged');
});
