import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { packageRoot } from '../../src/platform/paths.js';
import type { OpenapiDocument } from '../../src/rest/openapi/openapi-document.js';
import { openapiText } from '../../src/rest/openapi/write.js';

const run = promisify(execFile);

/** Spectral with OWASP finds no error, redocly nothing at all. The linters run as by hand, without network. */
export async function lint(t: Pick<Test, 'teardown' | 'notOk' | 'notMatch'>, written: OpenapiDocument): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-openapi-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'openapi.json');
  writeFileSync(file, openapiText(written, 'json'));
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    SCARF_ANALYTICS: 'false',
    REDOCLY_TELEMETRY: 'off',
    REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  };
  const linters = {
    spectral: [
      '@stoplight/spectral-cli/dist/index.js',
      'lint',
      file,
      '--ruleset',
      '.spectral.yaml',
      '--fail-severity',
      'error',
      '--display-only-failures',
      '-q',
    ],
    redocly: ['@redocly/cli/bin/cli.js', 'lint', file, '--config', 'redocly.yaml', '--format', 'stylish'],
  };
  for (const [name, [script, ...args]] of Object.entries(linters)) {
    const ended = await run(process.execPath, [join(packageRoot, 'node_modules', script!), ...args], {
      cwd: packageRoot,
      env,
      maxBuffer: 16_000_000,
    }).catch((error: { stdout: string; stderr: string; code: number }) => error);
    t.notOk('code' in ended && ended.code, `${name}: ${ended.stdout.slice(0, 4_000)}`);
    t.notMatch(ended.stdout, /\b(error|warning)\b/, name);
  }
}
