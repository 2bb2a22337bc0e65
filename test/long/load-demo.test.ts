import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PERSON_ROLES } from '../../src/access/people/role.js';
import { runDemo } from '../../src/cli/commands/demo.js';
import { accessToken } from '../../src/client/access-token.js';
import { type DemoFile, demoFilePath, readDemoFile } from '../../src/client/demo-file.js';
import { publisherFiles } from '../../src/demo/files/publisher-files.js';
import { type DemoOptions, type DemoProgress, loadDemo } from '../../src/demo/load/load-demo.js';
import { systemClock } from '../../src/platform/clock.js';
import { demoFiles } from '../../src/start.js';
import { checkAskedLive } from '../demo/asked-live.js';
import { checkPulled, openDepartments } from '../demo/departments.js';
import { type TestNode, testNode } from '../support/node.js';

/** The parts of a row that this file checks. */
interface Body {
  page: { count: number };
  data: {
    name: string;
    residence_division: string;
    division_code?: string;
    head_id: string;
    head: { id_number: string };
    person: { status: string } | null;
    household: { house: { room: string } | null } | null;
    compound_code: string;
    full_time: boolean;
    compound: object | null;
    event: { grid: { division_code: string } | null } | null;
  }[];
}

const PILOT = '370303104003';
const DATASETS = (await publisherFiles({ people: 600, seed: 1 })).map(({ dataset }) => dataset);
const PROPERTY_COMPANIES = ['shengshi-property', 'nanyuan-property', 'chengzhong-property'];
const PUBLISHERS = [
  'police',
  'civil-affairs',
  'housing',
  'natural-resources',
  'disabled-federation',
  'grid-center',
  'exchange',
];

t.test('the demo loads through the public doors, once', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'exchange-demo-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const node = await testNode(t, { catalog: false, config: { dataDir } });
  const systems = await openDepartments(t, node);
  const load = async (more: Partial<DemoOptions> = {}) => {
    const steps: DemoProgress[] = [];
    await loadDemo(node.exchange, {
      people: 600,
      seed: 1,
      baseUrl: node.baseUrl,
      ...more,
      onProgress: (step) => steps.push(step),
    });
    return { steps, demo: readDemoFile(dataDir) };
  };
  const first = await load({ systems });
  t.same(
    first.steps.map(({ step }) => step),
    [
      'catalog',
      ...DATASETS,
      'grid-center/organization',
      'housing/device',
      'exchange/conflict',
      'exchange/finding',
      'ready',
    ],
    'every file of every publisher, what is pulled from departments, and what is computed of them',
  );
  checkFile(t, first.demo, node.exchange.config.publicUrl);
  t.equal(statSync(demoFilePath(dataDir)).mode & 0o777, 0o600);

  const token = (clientId: string) => tokenOf(first.demo, clientId);
  const rows = async (clientId: string, path: string) => {
    const authorization = `Bearer ${await token(clientId)}`;
    const reply = await fetch(`${node.baseUrl}/data/${path}`, { headers: { authorization } });
    return { status: reply.status, body: (await reply.json()) as Body };
  };
  const residents = await rows('grid-app', 'police/resident/v1/rows?_limit=1000&_expand=household.house&_count=exact');
  t.equal(residents.status, 200);
  t.equal(residents.body.page.count, 148);
  t.ok(residents.body.data.every((row) => row.residence_division === PILOT && /^.\*+$/.test(row.name)));
  t.ok(
    residents.body.data.some((row) => row.household?.house?.room !== undefined),
    'with household and house',
  );
  const assisted = await rows('subsidy-app', 'civil-affairs/social-assistance/v1/rows?_expand=head');
  t.equal(assisted.status, 200);
  t.ok(
    assisted.body.data.every((row) => row.head.id_number === row.head_id),
    'heads are real residents, unmasked',
  );
  const conflicts = await rows('verify-app', 'exchange/conflict/v1/rows?_limit=1000');
  t.ok(conflicts.body.data.length > 0, 'what police and grid workers say differently of the pilot');
  t.ok(conflicts.body.data.every((row) => row.division_code === PILOT));
  const elders = await rows('elder-app', 'civil-affairs/elder-allowance/v1/rows?until_month.null=true&_expand=person');
  t.ok(
    elders.body.data.length > 5 && elders.body.data.every(({ person }) => person?.status === '0'),
    'who is paid lives',
  );
  const ledger = await rows('grid-app', 'grid-center/resident/v1/rows?_limit=1000&_count=exact');
  const migrants = await rows('grid-app', 'police/migrant/v1/rows?_count=exact');
  t.ok(migrants.body.page.count > 0, 'migrants live in the pilot');
  t.equal(ledger.body.page.count, 148 + migrants.body.page.count, 'the ledger has both');
  t.equal((await rows('bulk-app', 'housing/building/v1/rows?_count=exact')).body.page.count, 68);
  const bills = await rows('bulk-app', 'housing/fee-bill/v1/rows?_limit=1000&_expand=compound');
  t.equal(new Set(bills.body.data.map((row) => row.compound_code)).size, 3, 'of three property companies');
  t.ok(bills.body.data.every((row) => row.compound !== null));
  const workers = await rows('grid-app', 'grid-center/grid-worker/v1/rows');
  t.same(
    new Set(workers.body.data.map((row) => row.full_time)),
    new Set([true, false]),
    '专职 and 兼职 are yes and no',
  );
  const steps = await rows('grid-app', 'grid-center/event-step/v1/rows?_expand=event.grid&_limit=1000');
  t.ok(steps.body.data.length > 20 && steps.body.data.every((row) => row.event?.grid?.division_code === PILOT));
  for (const [clientId, path] of [
    ['stranger-app', 'police/resident/v1/rows'],
    ['grid-app', 'civil-affairs/social-assistance/v1/rows'],
  ] as const) {
    t.equal((await rows(clientId, path)).status, 404, `${clientId} sees no ${path}`);
  }

  t.equal((await rows('police-publisher', 'police/resident/v1/rows')).status, 403, 'who delivers does not read');

  await checkAskedLive(t, { baseUrl: node.baseUrl, token: await token('subsidy-app'), systems });

  const { epoch } = node.exchange.policy.current();
  const keys = readFileSync(join(node.exchange.keys.directory, 'demo-applications.json'));
  const second = await load();
  t.same(
    second.steps.map(({ step }) => step),
    ['catalog', 'ready'],
    'a second start delivers nothing',
  );
  t.same(second.demo, first.demo, 'and has the same applications, keys and grants');
  t.equal(node.exchange.policy.current().epoch, epoch);
  t.same(readFileSync(join(node.exchange.keys.directory, 'demo-applications.json')), keys);

  await checkDeliveredAgain(t, node, dataDir);
  await checkPulled(t, { node, systems });
});

t.test('demo without a server, with wrong flags, and to a folder', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'exchange-demo-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const run = async (flags: Parameters<typeof runDemo>[1]) => {
    const said: string[] = [];
    const code = await runDemo(demoFiles, flags, (text) => said.push(text));
    return { code, said: said.join('') };
  };
  t.match(await run({ dataDir }), { code: 3, said: 'No demo is running' });
  t.match(await run({ people: Number.NaN }), { code: 2 });
  t.match(await run({ people: 0, out: dataDir }), { code: 2, said: 'people' });
  const out = join(dataDir, 'files');
  t.match(await run({ people: 100, seed: 3, out }), { code: 0 });
  t.match(
    new TextDecoder('gb18030').decode(readFileSync(join(out, 'police-resident-HJRK.csv'))),
    /^ZJZL,(GMSFHM|公民身份号码),XM,XB,/,
  );
});

async function checkDeliveredAgain(t: Test, { exchange }: TestNode, dataDir: string): Promise<void> {
  const said: string[] = [];
  t.equal(
    await runDemo(demoFiles, { people: 600, seed: 1, dataDir, json: true }, (text) => said.push(text)),
    0,
    'demo delivers every file again',
  );
  t.equal(JSON.parse(said[DATASETS.indexOf('police/resident')]!).received, 600);
  t.equal(exchange.releases.release('police/resident'), 1);
  t.same(
    said.map((line) => JSON.parse(line)).filter(({ unchanged }) => !unchanged),
    [],
    'each is recognised by its digest, also where others delivered their own parts since',
  );
  t.equal(exchange.releases.release('housing/fee-bill'), 3, 'three companies, each its own part, once');
}

function checkFile(t: Test, demo: DemoFile, publicUrl: string): void {
  t.match(demo, {
    issuer: publicUrl,
    tokenEndpoint: `${publicUrl}/oauth2/token`,
    resource: `${publicUrl}/data`,
    platformResource: `${publicUrl}/api`,
  });
  const roles = new Set(demo.people.map(({ role }) => role));
  t.same([...roles].sort(), Object.keys(PERSON_ROLES).sort(), 'people of each role');
  t.ok(new Set(demo.people.map(({ department }) => department)).size >= 5);
  t.ok(demo.people.every(({ password, totp }) => password.length === 16 && totp.length === 32));
  const by = new Map(demo.applications.map((application) => [application.clientId, application]));
  t.same(
    [...by.keys()],
    [
      ...PUBLISHERS.map((slug) => `${slug}-publisher`),
      ...PROPERTY_COMPANIES,
      'operator-app',
      'auditor-app',
      'grid-app',
      'verify-app',
      'subsidy-app',
      'elder-app',
      'bulk-app',
      'stranger-app',
    ],
  );
  for (const slug of PUBLISHERS) t.match(by.get(`${slug}-publisher`), { department: slug, roles: ['publisher'] });
  for (const clientId of PROPERTY_COMPANIES) t.match(by.get(clientId), { department: 'housing', roles: ['publisher'] });
  t.same(by.get('operator-app')!.roles, ['operator']);
  t.same(by.get('auditor-app')!.roles, ['auditor']);
  t.same(by.get('stranger-app')!.grants, []);
  t.ok(
    demo.applications.every(
      ({ dpop, privateJwk }) => !dpop && privateJwk.d !== undefined && privateJwk.kid !== undefined,
    ),
  );
  t.ok(demo.applications.every(({ grants }) => grants.every(({ purposes }) => purposes.length === 1)));
  const grants = (clientId: string) => new Map(by.get(clientId)!.grants.map((grant) => [grant.dataset, grant]));
  t.same([...grants('grid-app').keys()].sort(), [
    'exchange/address',
    'grid-center/dwelling-household',
    'grid-center/event',
    'grid-center/event-step',
    'grid-center/grid',
    'grid-center/grid-worker',
    'grid-center/organization',
    'grid-center/resident',
    'grid-center/volunteer',
    'housing/complaint',
    'housing/house',
    'housing/repair-order',
    'police/household',
    'police/migrant',
    'police/resident',
  ]);
  t.same([...grants('verify-app').keys()], ['exchange/conflict', 'exchange/finding']);
  t.same(grants('grid-app').get('police/resident')!.rows, { scope: [{ field: 'residence_division', in: [PILOT] }] });
  t.match(grants('grid-app').get('police/resident')!.masks, { id_number: 'id-number', name: 'initial', born: 'year' });
  for (const grant of [...grants('subsidy-app').values(), ...grants('elder-app').values()]) {
    t.same(grant.rows, { all: true });
    t.equal(grant.masks.minors, 'none');
    t.same(new Set(Object.values(grant.masks)), new Set(['none']));
  }
  t.ok(grants('bulk-app').has('grid-center/grid') && grants('bulk-app').has('natural-resources/house'));
  t.same([...grants('nanyuan-property').keys()].sort(), ['housing/fee-bill', 'housing/repair-order']);
  t.match(grants('nanyuan-property').get('housing/fee-bill'), {
    mode: 'deliver',
    rows: { scope: [{ field: 'compound_code', prefix: ['370303104002'] }] },
  });
  t.same(grants('housing-publisher').get('housing/house')!.mode, 'deliver');
}

function tokenOf(demo: DemoFile, clientId: string): Promise<string> {
  const { issuer, tokenEndpoint, resource, applications } = demo;
  const { privateJwk } = applications.find((application) => application.clientId === clientId)!;
  return accessToken({ clientId, privateJwk, issuer, tokenEndpoint, resource }, systemClock);
}
