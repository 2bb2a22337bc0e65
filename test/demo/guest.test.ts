import { readSources } from '../support/source-files.js';
import t from '../support/tap.js';

const sources = readSources('src', 'migrations');

t.test('the demo is a guest: only start.ts imports it, and only when it is asked for', async (t) => {
  const visits = sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target.startsWith('src/demo/') && !path.startsWith('src/demo/'))
      .map(({ target, lazy }) => ({ path, target, lazy })),
  );
  t.ok(visits.length > 0, 'something was found');
  t.strictSame(
    visits.filter(({ path, lazy }) => path !== 'src/start.ts' || !lazy),
    [],
  );
});

t.test('no district is in the product: places come with the standard and the demo', async (t) => {
  const named = sources.filter(
    ({ path, text }) => !path.startsWith('src/demo/') && /3703|张店|淄博|Zhangdian|Zibo/i.test(text),
  );
  t.strictSame(
    named.map(({ path }) => path),
    [],
  );
});
