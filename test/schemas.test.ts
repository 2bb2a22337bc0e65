import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/platform/paths.js';
import { listTree } from './support/source-files.js';
import t from './support/tap.js';

/** How a schema is read: documents of the catalog, bodies of operations, and entries of the log, which a property test holds to it. */
const READERS = [
  /\bcheckSchema\('([a-z-]+)'/g,
  /\bbodySchema\('([a-z-]+)'\)/g,
  /packageRoot, 'schemas\/([a-z-]+)\.schema\.json'/g,
];

t.test('each schema has a reader, and each reader its schema', async (t) => {
  const sources = ['src', 'test'].flatMap((folder) => listTree(folder).files).filter((path) => path.endsWith('.ts'));
  const texts = sources.map((path) => readFileSync(join(packageRoot, path), 'utf8'));
  const read = texts.flatMap((text) => READERS.flatMap((reader) => [...text.matchAll(reader)].map(([, name]) => name)));
  const files = readdirSync(join(packageRoot, 'schemas')).filter((file) => file.endsWith('.schema.json'));
  t.strictSame(
    [...new Set(read)].sort(),
    files.map((file) => file.replace('.schema.json', '')),
  );
});
