import { rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exportJWK, generateKeyPair } from 'jose';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { registerApplication } from '../../src/access/identity/register-application.js';
import { composeNode } from '../../src/app.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { packageRoot } from '../../src/platform/paths.js';
import { residentIdCheck } from '../../src/standard/identifier.js';
import { keysIn } from '../support/keys.js';
import { freePort, requestToken } from '../support/node.js';
import { CONTRACT, type Fixture, makeFixture } from './fixture.js';

/**
 * `npm run bench:entered [-- --list]`: how many of our files and named functions one warm page read and the delivery of one row enter, by V8's
 * precise coverage. It measures how much code a reader has to follow, not speed.
 */
const WARM = 20;
const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };
const ROW = {
  id_kind: '111',
  name: '王小明',
  gender: '1',
  born: '1980-01-01',
  registered_division: '370303104003',
  registered_address: '盛世康城一号楼',
  residence_division: '370303104003',
  residence_address: '盛世康城一号楼',
  household_county: '370303',
  household_no: '100000001',
  status: '0',
};
const port = await freePort();
const fixture = await makeFixture(200, port);
const baseUrl = `http://127.0.0.1:${port}`;
const rate = { perSecond: 1_000_000, burst: 1_000_000 };
const config = loadConfig({ port, publicUrl: baseUrl, demo: true, logLevel: 'silent', rate, worker: 'off' }, {});
const keys = await keysIn(fixture.keys);
const node = await composeNode({ config, databaseUrl: fixture.postgres.url, keys, clock: systemClock });
await node.app.listen({ host: '127.0.0.1', port });

try {
  const tokenOf = async (client: Fixture['client']) =>
    `Bearer ${await requestToken(config, client.clientId, client, 'data', baseUrl)}`;
  const reader = await tokenOf(fixture.client);
  await measure('a warm page of 50', async () => {
    const reply = await fetch(`${baseUrl}/data/${CONTRACT}/rows?_limit=50`, { headers: { authorization: reader } });
    await expectStatus(reply, 200);
  });
  const publisher = await tokenOf(await registerPublisher(node));
  let line = 0;
  await measure('a delivery of one row', async () => {
    line++;
    const number = `370399198001010${line + 10}`;
    const reply = await fetch(`${baseUrl}/data/${CONTRACT}/deliveries?mode=delta`, {
      method: 'POST',
      headers: { authorization: publisher, 'content-type': 'application/x-ndjson', 'idempotency-key': `line-${line}` },
      body: `${JSON.stringify({ ...ROW, id_number: number + residentIdCheck(number) })}\n`,
    });
    await expectStatus(reply, 201);
  });
} finally {
  await node.close();
  await fixture.postgres.stop();
  rmSync(dirname(fixture.keys), { recursive: true, force: true });
}

/** An application of the police that delivers all residents. */
async function registerPublisher({ exchange }: Awaited<ReturnType<typeof composeNode>>): Promise<Fixture['client']> {
  const clientId = 'bench-publisher';
  const kid = 'bench-publisher-1';
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }] };
  await registerApplication(
    exchange,
    { clientId, title: clientId, department: 'police', roles: ['publisher'], jwks },
    BY,
  );
  const contract = exchange.policy.current().catalog.contracts.get(CONTRACT);
  if (contract === undefined) throw new Error(`the catalog has no ${CONTRACT}`);
  const personal = [...contract.fields.values()].filter(({ sensitivity }) => sensitivity > 'L2');
  const grant = {
    application: clientId,
    dataset: contract.name,
    major: 1,
    mode: 'deliver' as const,
    fields: [...contract.fields.keys()],
    masks: Object.fromEntries(personal.map(({ name }) => [name, 'none' as const])),
    rows: { all: true as const },
    purposes: ['grid-service'],
    legalBasis: '《政务数据共享条例》第二十一条',
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  };
  await issueGrant(exchange, grant, BY);
  return { clientId, privateKey, kid };
}

/** Repeats what ran before, and prints which of our code it entered. */
async function measure(title: string, run: () => Promise<void>): Promise<void> {
  for (let i = 0; i < WARM; i++) await run();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await session.post('Profiler.takePreciseCoverage');
  await run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  const ours = `${pathToFileURL(packageRoot)}/dist/src/`;
  const entered = result
    .filter(({ url }) => url.startsWith(ours))
    .map(({ url, functions }) => ({
      file: url.slice(ours.length),
      names: functions.filter(
        ({ functionName, ranges }) => functionName !== '' && ranges.some(({ count }) => count > 0),
      ),
    }))
    .filter(({ names }) => names.length > 0);
  const functions = entered.reduce((sum, { names }) => sum + names.length, 0);
  console.log(`${title}: ${entered.length} files, ${functions} named functions`);
  if (!process.argv.includes('--list')) return;
  for (const { file, names } of entered)
    console.log(`  ${file}: ${names.map(({ functionName }) => functionName).join(', ')}`);
}

async function expectStatus(reply: Response, status: number): Promise<void> {
  const text = await reply.text();
  if (reply.status !== status) throw new Error(`${reply.status} ${text}`);
}
