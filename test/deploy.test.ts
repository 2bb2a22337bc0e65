import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { packageRoot } from '../src/platform/paths.js';
import t from './support/tap.js';

// The files of deploy/ that no long test runs. `test/long/nodes.test.ts` runs the proxies' files.
const folder = join(packageRoot, 'deploy');
const text = (file: string) => readFileSync(join(folder, file), 'utf8');

t.test('Containerfile: lints clean, runs as nobody special, says whether it lives, copies what exists', async (t) => {
  const lines = text('Containerfile');
  t.same(validate(lines), []);
  t.match(validate(lines.replace('WORKDIR', 'WORKDIRR')), [{ message: /Unknown instruction/i }], 'the linter sees');
  const last = lines.slice(lines.lastIndexOf('\nFROM '));
  t.match(last, /^USER (?!root|0\b)\S+$/m);
  t.match(last, /^HEALTHCHECK /m);
  const copied = [...lines.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '));
  const built = [...last.matchAll(/\/build\/([\w.-]+)/g)].map(([, path]) => path!);
  t.ok(copied.length > 0 && built.length > 0);
  for (const path of [...copied, ...built.filter((path) => path !== 'dist')]) {
    t.ok(existsSync(join(packageRoot, path)), path);
  }
});

t.test('compose.yaml: names only what it declares, bounds what it may do', async (t) => {
  const { services, ...declared } = parse(text('compose.yaml'));
  for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
    const named = (key: string): string[] =>
      ((service[key] ?? []) as (string | { source: string })[])
        .map((each) => (typeof each === 'string' ? each : each.source).split(':')[0]!)
        .filter((each) => /^\w/.test(each));
    for (const key of ['volumes', 'secrets', 'configs']) {
      for (const each of named(key)) t.ok(each in declared[key], `${name}: ${key} ${each}`);
    }
    for (const other of Object.keys(service.depends_on ?? {})) t.ok(other in services, `${name}: ${other}`);
  }
  t.match(services.exchange, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  t.same(services.exchange.ports, ['127.0.0.1:8080:8080'], 'TLS stands in front');
});

t.test('systemd units: verify clean', async (t): Promise<void> => {
  const found = spawnSync('systemd-analyze', ['--version']);
  if (found.error) {
    t.pass('SKIPPED: NO systemd-analyze, so the units were NOT verified.', { skip: true });
    return;
  }
  const units = readdirSync(join(folder, 'systemd')).map((unit) => join(folder, 'systemd', unit));
  t.ok(units.length > 0);
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  // The program is absent where the unit is not installed.
  const said = verified.stderr
    .split('\n')
    .filter((line) => line !== '' && !/is not executable: No such file/.test(line));
  t.same(said, []);
});
