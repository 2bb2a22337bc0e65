import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalog, makeCatalog } from '../../src/catalog/catalog.js';
import { checkCatalog } from '../../src/catalog/check/check-catalog.js';
import { datasetPath } from '../../src/catalog/contract-id.js';
import { PROBLEMS } from '../../src/platform/errors.js';
import { packageRoot } from '../../src/platform/paths.js';
import { datasetDocument } from '../../src/rest/openapi/dataset/dataset-document.js';
import { renderOpenapi } from '../../src/rest/openapi/document.js';
import { componentNames } from '../../src/rest/openapi/names.js';
import type { OpenapiDocument } from '../../src/rest/openapi/openapi-document.js';
import { renderCatalogOpenapi, writeOpenapi } from '../../src/rest/openapi/write.js';
import { TYPES } from '../../src/standard/type.js';
import t from '../support/tap.js';
import { lint } from './lint.js';

async function loadedCatalog(): Promise<Catalog> {
  const { contracts, publishers, purposes } = await checkCatalog(join(packageRoot, 'catalog'));
  return makeCatalog(contracts, publishers, purposes);
}

const catalog = await loadedCatalog();
const document: any = await renderOpenapi(catalog);

/** A dataset with every type, two names that collide, a second major, and a ring of relations. */
function oddCatalog(): Catalog {
  const base = catalog.contracts.get('police/household/v1')!;
  const field = (name: string, type: object, sensitivity = 'L1') =>
    [name, { ...base.fields.get('household_no')!, name, type, sensitivity, defaultMask: 'none' }] as const;
  const made = (publisher: string, dataset: string, major = 1) => ({
    ...base,
    id: `${publisher}/${dataset}/v${major}`,
    name: `${publisher}/${dataset}`,
    publisher,
    dataset,
    major,
    key: ['num', 'code'],
    fields: new Map<string, any>([
      field('num', { name: 'integer' }),
      field('big', { name: 'integer', bits: 64 }),
      field('amount', { name: 'decimal', precision: 12, scale: 2 }, 'L4'),
      field('code', catalog.contracts.get('police/resident/v1')!.fields.get('gender')!.type),
      field('flag', { name: 'boolean' }),
      field('day', { name: 'date' }),
      field('month_of', { name: 'month' }),
      field('at', { name: 'datetime' }),
      field('uscc', { name: 'identifier', scheme: 'uscc' }),
      field('place', { name: 'point' }),
      field('area', { name: 'geometry' }),
      field('tags', { name: 'list', of: { name: 'text', length: 20 } }),
      field('note', { name: 'text', length: 64 }, 'L3'),
    ]),
    filterable: new Set([
      'num',
      'big',
      'amount',
      'code',
      'flag',
      'day',
      'month_of',
      'at',
      'uscc',
      'place',
      'tags',
      'note',
    ]),
    sortable: new Set<string>(),
    relations: new Map([['next', { name: 'next', to: 'a/b-c/v1', on: { num: 'num' } }]]),
  });
  const contracts = [made('a-b', 'c'), made('a', 'b-c'), made('a', 'b-c', 2)];
  return makeCatalog([...catalog.contracts.values(), ...contracts] as never, catalog.publishers.values(), []);
}

function operationsOf(written: OpenapiDocument): { path: string; method: string; operation: any }[] {
  return Object.entries(written.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
}

t.test('openapi.yaml is what the catalog says', async (t) => {
  const committed = readFileSync(join(packageRoot, 'openapi.yaml'), 'utf8');
  t.ok(committed === (await writeOpenapi()), 'npm run openapi writes the same file');
  t.match(document.openapi, /^3\.1\./);
  await t.rejects(renderCatalogOpenapi(join(packageRoot, 'catalog', 'police'), 'json'), { code: 'unprocessable' });
});

/** Of a dataset whose rows the exchange has. */
function landedMethods(path: string): Record<string, string[]> {
  return {
    [`${path}/rows`]: ['get'],
    [`${path}/rows/{id}`]: ['get'],
    [`${path}/rows/query`]: ['post'],
    [`${path}/deliveries`]: ['post', 'get'],
    [`${path}/deliveries/{id}`]: ['get', 'delete'],
    [`${path}/deliveries/{id}/rejects`]: ['get'],
    [`${path}/uploads/{id}`]: ['head', 'patch', 'delete'],
    [`${path}/template`]: ['get'],
    [`${path}/quality`]: ['get'],
    [`${path}/quality/history`]: ['get'],
  };
}

function pulled({ delivery }: { delivery: { source: { kind: string } } }): boolean {
  return !['file', 'proxy'].includes(delivery.source.kind);
}

t.test('every dataset has every operation, and every filter its own typed parameter', async (t) => {
  for (const [id, contract] of catalog.contracts) {
    const path = datasetPath(contract.id);
    const methods = {
      [path]: ['get'],
      [`${path}/schema`]: ['get'],
      [`${path}/openapi.json`]: ['get'],
      [`${path}/rows/lookup`]: ['post'],
      ...(contract.delivery.source.kind === 'proxy' ? {} : landedMethods(path)),
      ...(pulled(contract) ? { [`${path}/runs`]: ['post', 'get'], [`${path}/runs/{id}`]: ['get'] } : {}),
    };
    const served = Object.keys(document.paths).filter((at) => at === path || at.startsWith(`${path}/`));
    t.same(served.sort(), Object.keys(methods).sort(), `what ${id} can do, and no more`);
    for (const [at, expected] of Object.entries(methods)) t.same(Object.keys(document.paths[at]), expected, at);
    if (contract.delivery.source.kind === 'proxy') continue;
    const parameters = document.paths[`${path}/rows`].get.parameters.filter((one: any) => one.in === 'query');
    const expected = [...contract.filterable].flatMap((name) => {
      const field = contract.fields.get(name)!;
      const personal = ['L3', 'L4'].includes(field.sensitivity);
      const ops = TYPES[field.type.name].operators.filter((op) => !personal || op === 'null');
      return ops.flatMap((op) => (op === 'eq' ? [name, `${name}.eq`] : [`${name}.${op}`]));
    });
    const controls = ['_select', '_limit', '_cursor', '_count'];
    if (contract.sortable.size > 0) controls.push('_sort');
    if (contract.relations.size > 0) controls.push('_expand');
    t.same(parameters.map((one: any) => one.name).sort(), [...expected, ...controls].sort(), id);
    t.ok(
      parameters.every((one: any) => one.schema !== undefined && one.description !== ''),
      'each with a schema and words',
    );
    t.same(parameters.find((one: any) => one.name === '_select').schema.items.enum, ['_id', ...contract.fields.keys()]);
    const name = componentNames(catalog).get(id)!;
    const row = document.components.schemas[name];
    t.same(Object.keys(row.properties), ['_id', ...contract.fields.keys(), ...contract.relations.keys()]);
    for (const field of contract.fields.values())
      t.equal(row.properties[field.name]['x-sensitivity'], field.sensitivity);
  }
});

t.test('a personal value is never a parameter, and the body takes it', async (t) => {
  const names = document.paths['/data/police/resident/v1/rows'].get.parameters.map((one: any) => one.name);
  for (const name of ['id_number', 'name.startswith', 'phone.in']) t.notOk(names.includes(name), name);
  t.ok(names.includes('name.null'));
  const leaves = document.components.schemas.PoliceResidentWhere.anyOf.map(
    (one: any) => one.properties.field?.enum?.[0],
  );
  t.ok(leaves.includes('id_number'));
});

t.test('operation ids are unique, errors are problems, the register is whole', async (t) => {
  const operations = operationsOf(document);
  const ids = operations.map(({ operation }) => operation.operationId);
  t.same(ids.length, new Set(ids).size);
  const described = JSON.stringify(document.components.responses);
  for (const code of Object.keys(PROBLEMS)) {
    // Of another door than those here: the framework's own answer to a wrong method on any path.
    t.ok(described.includes(`\`${code}\``) || PROBLEMS[code as keyof typeof PROBLEMS].status === 405, code);
  }
  t.same(document.components.schemas.Problem.properties.code.enum, Object.keys(PROBLEMS));
  for (const { path, method, operation } of operations) {
    for (const status of operation.security[0]?.oauth2 === undefined ? ['500'] : ['400', '401', '429', '500', '503']) {
      t.ok(operation.responses[status], `${method} ${path} ${status}`);
    }
  }
});

t.test('odd contracts: every type, names that collide, a second major, a ring', async (t) => {
  const odd = oddCatalog();
  const written: any = await renderOpenapi(odd);
  const ids = operationsOf(written).map(({ operation }) => operation.operationId);
  t.same(ids.length, new Set(ids).size);
  t.same([...new Set(componentNames(odd).values())].length, odd.contracts.size);
  const parameters = written.paths['/data/a/b-c/v1/rows'].get.parameters;
  const named = (name: string) => parameters.find((one: any) => one.name === name)?.schema;
  t.match(named('num.gte'), { type: 'integer', format: 'int32' });
  t.match(named('big'), { type: 'string' });
  t.match(named('flag'), { type: 'boolean' });
  t.match(named('code.in'), { type: 'array', items: { $ref: /Codes-/ } });
  t.match(named('_expand').items.enum, ['next', 'next.next', 'next.next.next', 'next.next.next.next']);
  for (const absent of ['amount', 'note', 'place', 'tags', 'place.eq', 'flag.gte', 'code.contains', '_sort']) {
    t.equal(named(absent), undefined, absent);
  }
  for (const present of ['amount.null', 'place.null', 'tags.null', 'at.lt', 'uscc.nin']) t.ok(named(present), present);
  t.equal(written.components.parameters.ExchangePurpose.schema.examples, undefined);
  const none: any = await renderOpenapi(makeCatalog([], [], []));
  t.notOk(Object.keys(none.paths).some((path) => path.startsWith('/data/')));
});

t.test('the document of one dataset is complete', async (t) => {
  const contract = catalog.contracts.get('police/resident/v1')!;
  const part: any = datasetDocument(document, contract);
  t.ok(Object.keys(part.paths).every((path) => path.startsWith('/data/police/resident/v1')));
  t.equal(Object.keys(part.paths).length, 14);
  t.ok(part.components.schemas.PoliceHousehold, 'what a relation leads to is there');
  t.notOk(part.components.schemas.GraphqlReply);
  t.same(Object.keys(part.components.securitySchemes), ['accessToken', 'oauth2']);
});

/** One of each kind of source and what they relate to: what all others repeat. `test/long` lints every dataset. */
const OF_EACH_KIND = ['police/resident-check', 'exchange/conflict', 'housing/device', 'grid-center/organization'];

t.test('linters find nothing in the platform, one dataset of each kind, and the odd ones', async (t) => {
  const odd = oddCatalog();
  const some = new Set([...OF_EACH_KIND.map((name) => `${name}/v1`), 'a-b/c/v1', 'a/b-c/v1', 'a/b-c/v2']);
  for (const id of some) for (const { to } of odd.contracts.get(id)!.relations.values()) some.add(to);
  const contracts = [...some].map((id) => odd.contracts.get(id)!);
  await lint(t, await renderOpenapi(makeCatalog(contracts, odd.publishers.values(), [])));
});
