import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/platform/paths.js';
import { freePort } from '../support/node.js';
import { build, type Ended, exchange, run, temporary } from './exchange-child.js';

// Every way to deliver data, as a person uses the built command line.
build();
const directory = temporary(t);
const dataDir = join(directory, 'data');
const lineDir = join(directory, 'line');
const port = await freePort();
const line = await openLine(port);
t.teardown(() => line.close());
const running = exchange(['start', '--demo', '--people', '300', '--port', String(port), '--data-dir', dataDir], {
  env: { EXCHANGE_ALLOWED_HOSTS: `127.0.0.1:${line.port}` },
});
await running.said(/Ctrl-C stops it/);
t.teardown(async () => {
  running.process.kill('SIGINT');
  await running.ended;
});
mkdirSync(lineDir);
const overLine = readFileSync(join(dataDir, 'run.json'), 'utf8').replaceAll(String(port), String(line.port));
writeFileSync(join(lineDir, 'run.json'), overLine, { mode: 0o600 });
cpSync(join(dataDir, 'demo.json'), join(lineDir, 'demo.json'));

const cli = (...args: string[]): Promise<Ended> => run([...args, '--data-dir', dataDir]);
const write = (name: string, content: string | object): string => {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const example = (name: string) => readFileSync(join(packageRoot, 'test/examples', name), 'utf8');
const HEAD = '编号,名称,社区,餐位,每餐补贴,开业日期';
const canteen = (code: string, seats = '20') => `${code},食堂,370303104003,${seats},2.00,2026-01-15`;
const csv = (...rows: string[]) => [HEAD, ...rows, ''].join('\n');
const lines = ({ stdout }: Ended) =>
  stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));

/** Canteens as files and as an interface returns them. */
t.before(async () => {
  const catalog = join(directory, 'catalog');
  cpSync(join(packageRoot, 'catalog'), catalog, { recursive: true });
  const file = example('elder-canteen.v1.yaml');
  const source = '{ kind: http, upstream: canteens, application: civil-affairs-publisher, path: /list, rows: /data }';
  const pulled = file
    .replace('civil-affairs/elder-canteen', 'civil-affairs/canteen-api')
    .replace('/000009', '/000010')
    .replace('{ kind: file }', source);
  write('catalog/civil-affairs/elder-canteen.v1.yaml', file);
  write('catalog/civil-affairs/canteen-api.v1.yaml', pulled);
  const applied = await cli('catalog', 'apply', catalog);
  if (applied.code !== 0) throw new Error(applied.stderr);
  const grant = example('civil-affairs.elder-canteen.grant.json');
  for (const name of ['elder-canteen', 'canteen-api']) {
    const issued = await cli('grant', 'issue', write('grant.json', grant.replace('elder-canteen', name)));
    if (issued.code !== 0) throw new Error(issued.stderr);
  }
});

t.test('deliver: one file, a directory, refusals before anything is sent', async (t) => {
  const one = await cli('deliver', 'civil-affairs/elder-canteen', join(packageRoot, 'test/examples/elder-canteen.csv'));
  t.equal(one.code, 0, one.stderr);
  t.match(one.stdout, /^published as release 1: 7 received, 5 accepted, 2 rejected, 0 deleted\n {2}line 5: seats/);
  const tree = join(directory, 'tree');
  const folder = 'tree/civil-affairs/elder-canteen';
  write(`${folder}/2026-01.csv`, csv(canteen('A1'), canteen('A2', '二十'), canteen('A3'), canteen('A4')));
  write(`${folder}/2026-02.csv`, csv(canteen('A1', '30')));
  write('tree/police/nothing/x.csv', 'a\n1\n');
  write(`${folder}/old.xls`, 'x');
  write('tree/notes.txt', 'x');
  const replacing = await cli('deliver', tree);
  t.match([replacing.code, replacing.stderr], [2, /each snapshot would replace the one before .*2026-01.*2026-02/]);
  const rejects = join(directory, 'rejects');
  const whole = await cli('deliver', '.', tree, '--mode', 'delta', '--rejects', rejects, '--json');
  const [first, second, foreign, summary] = lines(whole);
  t.match(first, { file: 'civil-affairs/elder-canteen/2026-01.csv', state: 'published', accepted: 3, rejected: 1 });
  t.match([second.state, second.updated, foreign.state, foreign.error], ['published', 1, 'refused', /404 not-found/]);
  t.strictSame(summary, { summary: { files: 3, published: 2, unchanged: 0, rejected: 0, refused: 1 } });
  t.equal(whole.code, 1, 'one was refused');
  const kept = readFileSync(join(rejects, 'civil-affairs/elder-canteen/2026-01.csv.rejects.ndjson'), 'utf8');
  t.match(JSON.parse(kept), { line: 3, errors: [{ field: 'seats' }] });
  const again = await cli('deliver', 'civil-affairs/elder-canteen', join(directory, folder), '--mode', 'delta');
  t.match([again.code, again.stderr], [0, /left out old\.xls: save it as \.xlsx/], again.stdout);
  t.match(
    again.stdout,
    /^file +dataset +state[\s\S]*2026-02\.csv +civil-affairs\/elder-canteen +(unchanged|published) /,
  );
  for (const [given, code, stderr] of [
    [['nowhere/x.csv'], 2, /no such file/],
    [['police/resident'], 2, /Name the file/],
    [[join(tree, 'notes.txt')], 2, /Name the dataset/],
    [['civil-affairs/elder-canteen', join(directory, folder, 'old.xls')], 2, /save it as \.xlsx/],
    [['civil-affairs/elder-canteen', tree], 2, /no file to deliver/],
    [['Police', tree], 2, /Expected publisher\/dataset/],
  ] as const) {
    const refused = await cli('deliver', ...given);
    t.match([refused.code, refused.stderr], [code, stderr], given.join(' '));
  }
});

/** 20 MB in 2,000 rows. */
const big = (name: string) =>
  write(
    name,
    Array.from({ length: 2_000 }, (_, i) =>
      JSON.stringify({ 编号: `B${i}`, 名称: name, 社区: '370303104003', ballast: 'x'.repeat(10_000) }),
    ).join('\n'),
  );
const overTheLine = (file: string) =>
  exchange(['deliver', 'civil-affairs/elder-canteen', file, '--mode', 'delta', '--data-dir', lineDir]);

t.test('deliver: only bytes lost with a broken connection are sent again', async (t) => {
  const file = big('broken.ndjson');
  line.after(9_000_000, 'cut');
  const sent = await overTheLine(file).ended;
  t.equal(sent.code, 0, sent.stderr);
  t.match(sent.stdout, /2000 received, 2000 accepted/);
  t.ok(line.happened(), 'the line broke');
  t.ok(line.bytes() < 26_000_000, `${line.bytes()} bytes went over for 20 MB`);
});

t.test('deliver: Ctrl-C cancels the upload, and keeps the file', async (t) => {
  const file = big('stopped.ndjson');
  const before = await cli(
    'deliver',
    'civil-affairs/elder-canteen',
    write('one.csv', csv(canteen('Z'))),
    '--mode=delta',
  );
  line.after(6_000_000, 'stall');
  const stopped = overTheLine(file);
  await line.until();
  stopped.process.kill('SIGINT');
  const { code, stderr } = await stopped.ended;
  t.match([code, stderr], [130, /stopped\.ndjson is cancelled; nothing of it is published/]);
  t.ok(existsSync(file));
  const after = await cli(
    'deliver',
    'civil-affairs/elder-canteen',
    write('two.csv', csv(canteen('Y'))),
    '--mode=delta',
  );
  const release = ({ stdout }: Ended) => Number(/release (\d+)/.exec(stdout)?.[1]);
  t.equal(release(after), release(before) + 1, 'nothing was published between');
});

t.test('upstream and source: approved, with its secret, run, and refused after it is withdrawn', async (t) => {
  const api = createHttp((request, reply) => {
    const known = request.headers.authorization === 'Bearer canary';
    const data = [{ 编号: 'P1', 名称: '食堂', 社区: '370303104003', 餐位: 20 }];
    reply.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  t.teardown(() => api.close());
  const { port } = api.address() as AddressInfo;
  const name = 'civil-affairs/canteens';
  const draft = write('upstream.json', { kind: 'http', host: '127.0.0.1', port, tls: 'none' });
  const early = await cli('source', 'run', 'civil-affairs/canteen-api');
  t.match([early.code, early.stdout + early.stderr], [1, /./], 'not approved');
  t.match(await cli('upstream', 'approve', name, draft), { code: 0, stdout: /canteens {2}approved {2}http/ });
  const secret = write('secret', 'canary\n');
  t.match(await cli('upstream', 'secret', name, '--file', secret), { code: 2, stderr: /one of --user/ });
  t.match(await cli('upstream', 'secret', name, '--bearer', '--file', secret), { code: 0, stdout: /is entered/ });
  const ran = await cli('source', 'run', 'civil-affairs/canteen-api', '--json');
  t.match([ran.code, lines(ran)], [0, [{ data: { state: 'published', cause: 'request' } }]], ran.stderr);
  t.match(await cli('source', 'list', 'civil-affairs/canteen-api'), { code: 0, stdout: /published/ });
  t.match(await cli('source', 'run', 'police/resident'), { code: 1, stderr: /no source to pull/ });
  t.match(await cli('upstream', 'withdraw', name), { code: 0, stdout: /withdrawn/ });
  t.match(await cli('source', 'run', 'civil-affairs/canteen-api'), { code: 1, stdout: /failed.*:/ });
  t.match(await cli('upstream', 'list', '--json'), { code: 0, stdout: /"canteens"/ });
});

t.test('quality, standard, config', async (t) => {
  t.match(await cli('quality', 'police/resident', '--lang', 'en'), { code: 0, stdout: /release 1[\s\S]*accuracy/ });
  t.match(await cli('quality', 'police/resident', '--release', 'x'), { code: 2 });
  t.match(await cli('quality', 'police/resident', '--as', 'stranger-app'), { code: 1, stderr: /404/ });
  const gender = 'GB-T-2261.1_gender';
  const exported = await cli('standard', 'export', gender, '-o', join(directory, `${gender}.csv`));
  t.equal(exported.code, 0, exported.stderr);
  t.match(await cli('standard', 'show', gender), { code: 0, stdout: /男/ });
  t.match(await cli('standard', 'list', '--json'), { code: 0, stdout: /"GB-T-2261\.1_gender"/ });
  const list = write('canteen-kind.csv', 'code,title_zh,title_en,retired\n1,老年食堂,Canteen,\n');
  const applied = await cli('standard', 'apply', list, '--note', '新设', '--title-zh', '食堂类别');
  t.match([applied.code, applied.stdout], [0, /canteen-kind {2}v1 {2}1 codes/], applied.stderr);
  t.match(await cli('standard', 'show', 'none'), { code: 1, stderr: /no such code list/ });
  const key = (await cli('package', 'key')).stdout.trim();
  t.equal(lines(await cli('config', 'print', '--json'))[0].packageKey, key);
});

t.test('package key, pack, unpack and the acknowledgement, between networks', async (t) => {
  const key = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')).applications.find(
    ({ clientId }: { clientId: string }) => clientId === 'civil-affairs-publisher',
  ).privateJwk;
  const keyFile = write('sender.jwk', key);
  spawnSync('chmod', ['600', keyFile]);
  const to = write('package.key', (await cli('package', 'key')).stdout);
  const vkey = write('vkey', await (await fetch(`http://127.0.0.1:${port}/audit/v1/vkey`)).text());
  const out = join(directory, 'gap.cxp');
  const packing = [
    'pack',
    '--key',
    keyFile,
    '--to',
    to,
    '--mode',
    'delta',
    '--out',
    out,
    'civil-affairs/elder-canteen',
  ];
  const packed = await run([...packing, write('g1.csv', csv(canteen('G1'))), write('g2.csv', csv(canteen('G2')))]);
  t.match([packed.code, packed.stdout], [0, /package 1 .*\npackage 2 /], packed.stderr);
  const [one, two] = readdirSync(directory)
    .filter((name) => name.endsWith('.cxp'))
    .sort()
    .map((name) => join(directory, name));
  t.match(await cli('unpack', two!), { code: 0, stdout: /Package 1 has not arrived; package 2 .* waits/ });
  const crossed = await cli('unpack', one!);
  t.match(
    [crossed.code, crossed.stdout],
    [0, /package 1 .* is delivered: .*\npackage 2 .* is delivered/],
    crossed.stderr,
  );
  const acks = readdirSync(directory).filter((name) => name.endsWith('.ack'));
  t.equal(acks.length, 2);
  for (const ack of acks) {
    const checked = await run(['pack', '--key', keyFile, '--acknowledge', join(directory, ack), '--vkey', vkey]);
    t.match([checked.code, checked.stdout], [0, /published, 1 of 1 rows accepted/], checked.stderr);
  }
  t.match(await cli('unpack', one!), { code: 0, stdout: /had arrived before/ });
  t.match(await cli('unpack', to), { code: 1, stderr: /not a package/ });
  t.match(await run([...packing, join(directory, 'none.csv')]), { code: 2, stderr: /no such file/ });
  t.match(await run(['pack', '--key', join(directory, 'none'), 'a/b', to]), { code: 2 });
  rmSync(out, { force: true });
});

/** A connection to the server that breaks, or falls silent, after so many bytes. */
async function openLine(target: number) {
  const sockets = new Set<Socket>();
  let [sent, limit, how, done] = [0, Number.POSITIVE_INFINITY, '', false];
  let tell: () => void = () => undefined;
  let told = Promise.resolve();
  const server = createServer((inner) => {
    const outer = connect(target, '127.0.0.1');
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        inner.destroy();
        outer.destroy();
      });
    }
    outer.pipe(inner);
    inner.on('data', (chunk: Buffer) => {
      sent += chunk.length;
      if (sent > limit && !done) {
        done = true;
        if (how === 'cut') inner.destroy();
        else inner.pause();
        tell();
      } else outer.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    after(bytes: number, what: 'cut' | 'stall') {
      [sent, limit, how, done] = [0, bytes, what, false];
      told = new Promise((resolve) => {
        tell = resolve;
      });
    },
    happened: () => done,
    bytes: () => sent,
    until: () => told,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
