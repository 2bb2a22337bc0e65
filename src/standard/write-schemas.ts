import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../platform/paths.js';
import { entitySchema } from './entity-schema.js';
import { loadStandard } from './standard.js';

/** `npm run standard:schemas`: writes one JSON Schema per entity beside `elements.csv`. */
const standard = loadStandard();
const directory = join(packageRoot, 'schemas', 'standard', `v${standard.major}`);
mkdirSync(directory, { recursive: true });
for (const entity of standard.entities.values()) {
  writeFileSync(
    join(directory, `${entity.name}.schema.json`),
    `${JSON.stringify(entitySchema(entity, standard), null, 2)}\n`,
  );
}
process.stdout.write(`${standard.entities.size} schemas written to ${directory}\n`);
