import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointBody, signNote } from '../../src/audit/tree/note.js';
import { writeRun } from '../../src/platform/data-directory.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';
import { command } from './command.js';

// What an auditor does with a log at the command line, and what the commands report after tampering.
const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-cli-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const node = await testNode(t);
writeRun(directory, {
  pid: process.pid,
  baseUrl: node.baseUrl,
  node: node.exchange.node,
  startedAt: '2026-11-24T00:00:00Z',
});
await deliverPeople(node, people(3));
const keyFile = (name: string) => join(directory, `${name}.jwk`);
for (const [clientId, roles] of [
  ['auditor', ['auditor']],
  ['reader', []],
] as const) {
  const jwk = await node.register(clientId, { roles: [...roles] });
  writeFileSync(keyFile(clientId), JSON.stringify(jwk), { mode: 0o600 });
}
await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
const ROWS = '/data/police/resident/v1/rows';
// More entries than one tile holds, so that full tiles are read as well as the partial one.
for (let i = 0; i < 9; i++)
  await Promise.all(Array.from({ length: 32 }, () => node.ask('GET', ROWS, { as: 'reader' })));

const server = (as: string) => ['--as', as, '--key', keyFile(as), '--data-dir', directory];
const page = await node.ask('GET', `${ROWS}?_limit=2`, { as: 'reader' });
const receipt = page.headers.get('exchange-receipt')!;
const index = /index=(\d+)/.exec(receipt)![1]!;
const bodyFile = join(directory, 'body.json');
writeFileSync(bodyFile, page.text);
const proofFile = join(directory, 'proof.txt');
const vkey = (await node.ask('GET', '/audit/v1/vkey')).text;
const exported = join(directory, 'export');

t.test('a receipt is proven offline, with its answer', async (t) => {
  const fetched = await command(t, 'audit', 'proof', index, '-o', proofFile, ...server('reader'));
  t.equal(fetched.code, 0, fetched.stderr);
  const offline = ['audit', 'verify', '--receipt', receipt, '--proof', proofFile, '--vkey', vkey];
  const proven = await command(t, ...offline, '--body', bodyFile);
  t.equal(proven.code, 0, proven.stderr);
  t.match(proven.stdout, `entry ${index} is in the log`);
  t.match(proven.stdout, 'the answer is the one it recorded');
  const asJson = await command(t, ...offline, '--body', bodyFile, '--json');
  t.match(JSON.parse(asJson.stdout), { index: Number(index), answer: true });
});

t.test('a receipt, an answer and a proof that do not belong together are refused', async (t) => {
  const other = await testVkey();
  const changed = join(directory, 'changed.json');
  writeFileSync(changed, page.text.replace('"has_more":true', '"has_more":false'));
  const proof = readFileSync(proofFile, 'utf8');
  const proofWith = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const leaf = /leaf=:([^:]+):/.exec(receipt)![1]!;
  const cases: [what: string, args: string[], code: number, says: RegExp][] = [
    ['another body', ['--receipt', receipt, '--proof', proofFile, '--vkey', vkey, '--body', changed], 1, /answer/i],
    ['another key', ['--receipt', receipt, '--proof', proofFile, '--vkey', other], 1, /sign|key/i],
    [
      'another index',
      ['--receipt', receipt.replace(index, String(Number(index) - 1)), '--proof', proofFile, '--vkey', vkey],
      1,
      /index|entry/i,
    ],
    [
      'another leaf',
      [
        '--receipt',
        receipt.replace(leaf, `${leaf.startsWith('A') ? 'B' : 'A'}${leaf.slice(1)}`),
        '--proof',
        proofFile,
        '--vkey',
        vkey,
      ],
      1,
      /leaf|receipt|entry/i,
    ],
    ['a proof that is none', ['--receipt', receipt, '--proof', bodyFile, '--vkey', vkey], 1, /proof/i],
    [
      'a proof cut short',
      ['--receipt', receipt, '--proof', proofWith('short.txt', proof.slice(0, proof.length / 2)), '--vkey', vkey],
      1,
      /./,
    ],
    ['a receipt that is none', ['--receipt', 'index=x', '--proof', proofFile, '--vkey', vkey], 1, /receipt/i],
    ['no key offline', ['--receipt', receipt, '--proof', proofFile], 2, /--vkey/],
    ['nothing named', [], 2, /--receipt/],
    [
      'a proof file that is not there',
      ['--receipt', receipt, '--proof', join(directory, 'nowhere'), '--vkey', vkey],
      2,
      /ENOENT/,
    ],
  ];
  for (const [what, args, code, says] of cases) {
    const ended = await command(t, 'audit', 'verify', ...args);
    t.equal(ended.code, code, `${what}: ${ended.code} ${ended.stdout}${ended.stderr}`);
    t.match(ended.stderr, says, what);
  }
});

t.test('an export verifies, and every kind of tampering is named by its first bad index', async (t) => {
  const done = await command(t, 'audit', 'export', exported, ...server('auditor'));
  t.equal(done.code, 0, done.stderr);
  const good = await command(t, 'audit', 'verify', exported, '--vkey', vkey, '--json');
  t.equal(good.code, 0, good.stderr);
  const { size } = JSON.parse(good.stdout);
  t.ok(size > 256 && size > Number(index));

  for (const [what, part, at] of [
    ['an entry of a full bundle', /^tile\/entries\/000$/, 0.5],
    ['an entry of the last bundle', /^tile\/entries\/001\.p\//, 0.9],
    ['a hash', /^tile\/0\/000$/, 0.5],
    ['the checkpoint', /^checkpoint$/, 0.3],
  ] as const) {
    const copy = join(directory, `tampered-${what.replaceAll(' ', '-')}`);
    cpSync(exported, copy, { recursive: true });
    const name = readdirSync(copy, { recursive: true, encoding: 'utf8' }).find((path) => part.test(path));
    if (name === undefined) throw new Error(`${part} is not in the export`);
    const file = join(copy, name);
    chmodSync(file, 0o600);
    const bytes = readFileSync(file);
    const position = Math.floor(bytes.length * at);
    bytes[position] = bytes[position]! ^ 1;
    writeFileSync(file, bytes);
    const bad = await command(t, 'audit', 'verify', copy, '--vkey', vkey);
    t.equal(bad.code, 1, `${what}: ${bad.stdout}${bad.stderr}`);
    if (what !== 'the checkpoint') t.match(bad.stderr, /entry \d+|tile|bundle/, what);
    t.comment(`${what}: ${bad.stderr.trim()}`);
  }
});

t.test('fault 19: a checkpoint kept elsewhere shows a log that was cut or written anew', async (t) => {
  const first = join(directory, 'first');
  t.equal((await command(t, 'audit', 'export', first, ...server('auditor'))).code, 0);
  for (let i = 0; i < 3; i++) await node.ask('GET', ROWS, { as: 'reader' });
  const keptAt = (of: string) => join(of, 'checkpoint');
  const sizeOf = (file: string) => Number(readFileSync(file, 'utf8').split('\n')[1]);
  const second = join(directory, 'second');
  await until('a newer checkpoint', async () => {
    rmSync(second, { recursive: true, force: true });
    const done = await command(t, 'audit', 'export', second, ...server('auditor'));
    return done.code === 0 && sizeOf(keptAt(second)) > sizeOf(keptAt(first));
  });
  const own = (name: string, size: number, root: Buffer) => {
    const origin = vkey.split('+')[0]!;
    const file = join(directory, name);
    writeFileSync(file, signNote(checkpointBody(origin, size, root), origin, node.keys.checkpointSigner));
    return file;
  };
  const anew = own('anew', sizeOf(keptAt(first)), Buffer.alloc(32, 1));
  const beyond = own('beyond', 1_000_000, Buffer.alloc(32, 1));
  const bent = join(directory, 'bent');
  writeFileSync(bent, readFileSync(keptAt(first), 'utf8').replace(/\n\d+\n/, '\n1\n'));
  const nowhere = join(directory, 'nowhere');

  const verify = (of: string, ...kept: string[]) =>
    command(t, 'audit', 'verify', of, '--vkey', vkey, ...kept.flatMap((file) => ['--checkpoint', file]));
  const table: [what: string, of: string, kept: string[], code: number, says: RegExp][] = [
    ['an older one', second, [keptAt(first)], 0, /hold/],
    ['its own and an older one', second, [keptAt(second), keptAt(first)], 0, /hold/],
    ['a newer one', first, [keptAt(second)], 1, new RegExp(`entry ${sizeOf(keptAt(first))}: the log ends here`)],
    ['a much newer one', second, [beyond], 1, /covers 1000000 entries/],
    ['the same size, another root', first, [anew], 1, /do not give the root/],
    ['a smaller size, another root', second, [keptAt(first), anew], 1, /do not give the root/],
    ['a signature of something else', second, [bent], 1, /no valid signature/],
    ['no note', second, [bodyFile], 1, /not a signed note/],
    ['no file', second, [nowhere], 2, /ENOENT/],
  ];
  for (const [what, of, kept, code, says] of table) {
    const ended = await verify(of, ...kept);
    t.equal(ended.code, code, `${what}: ${ended.stdout}${ended.stderr}`);
    t.match(ended.stdout + ended.stderr, says, what);
  }
  const proven = (kept: string, ...more: string[]) =>
    command(t, 'audit', 'verify', '--receipt', receipt, '--vkey', vkey, '--checkpoint', kept, ...more);
  const online = server('auditor');
  t.match(await proven(keptAt(first), ...online), { code: 0, stdout: /is in the log/ }, 'a receipt, asking the server');
  t.match(await proven(anew, ...online), { code: 1, stderr: /does not continue the checkpoint/ });
  t.match(await proven(beyond, ...online), { code: 1 }, 'the server has fewer entries');
  t.match(await proven(beyond, '--proof', proofFile), { code: 2, stderr: /name one/ }, 'offline');
});

t.test('an application without the right to read the log exports nothing', async (t) => {
  const refused = await command(t, 'audit', 'export', join(directory, 'stolen'), ...server('reader'));
  t.equal(refused.code, 1, refused.stderr);
  const foreign = await command(t, 'audit', 'proof', '0', ...server('reader'));
  t.equal(foreign.code, 1, foreign.stderr);
  t.notMatch(refused.stderr + foreign.stderr, /测试|police-publisher/);
});

async function testVkey(): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto');
  const raw = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const [name, hash] = vkey.trim().split('+');
  return `${name}+${hash}+${Buffer.concat([Buffer.from([1]), raw]).toString('base64')}`;
}
