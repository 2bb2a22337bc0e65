import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { parse } from 'yaml';
import { packageRoot } from '../../src/platform/paths.js';
import { renderCatalogOpenapi } from '../../src/rest/openapi/write.js';
import { lint } from '../openapi/lint.js';

t.setTimeout(600_000);
t.test('linters find nothing in the document of the whole catalog, and YAML equals JSON', async (t) => {
  const written = JSON.parse(await renderCatalogOpenapi(join(packageRoot, 'catalog'), 'json'));
  t.ok(isDeepStrictEqual(parse(readFileSync(join(packageRoot, 'openapi.yaml'), 'utf8')), written));
  await lint(t, written);
});
