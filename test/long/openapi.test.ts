import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/platform/paths.js';
import { renderCatalogOpenapi } from '../../src/rest/openapi/write.js';
import { lint } from '../openapi/lint.js';

t.setTimeout(600_000);
t.test('linters find nothing in the document of the whole catalog', async (t) => {
  await lint(t, JSON.parse(await renderCatalogOpenapi(join(packageRoot, 'catalog'), 'json')));
});
