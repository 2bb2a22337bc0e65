import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { checkCatalog } from '../../src/catalog/check/check-catalog.js';
import type { Contract } from '../../src/catalog/contract.js';
import type { PublisherFile } from '../../src/client/deliver-file.js';
import { demoContract } from '../../src/demo/files/demo-contracts.js';
import { encodeGb18030 } from '../../src/demo/files/gb18030.js';
import { publisherFile } from '../../src/demo/files/publisher-file.js';
import { publisherFiles } from '../../src/demo/files/publisher-files.js';
import { deviceRows } from '../../src/demo/places/device-rows.js';
import { organizationRows } from '../../src/demo/places/organization-rows.js';
import { type PopulationPlan, planPopulation } from '../../src/demo/places/plan.js';
import { packageRoot } from '../../src/platform/paths.js';
import { isUscc } from '../../src/standard/identifier.js';
import { loadStandard } from '../../src/standard/standard.js';
import t from '../support/tap.js';
import { type Line, peopleAgree } from './people-agree.js';
import { gridsAgree, propertyAgrees } from './property-agree.js';

const DATASETS = (await publisherFiles({ people: 600, seed: 1 })).map(({ dataset }) => dataset);

async function bytesOf(file: PublisherFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function digests(people: number, seed: number): Promise<string[]> {
  const all: string[] = [];
  for (const file of await publisherFiles({ people, seed })) {
    all.push(
      createHash('sha256')
        .update(await bytesOf(file))
        .digest('hex'),
    );
  }
  return all;
}

/** The rows of every file by the contract's field names and codes, as a delivery maps them. */
async function mapped(people: number, contracts: ReadonlyMap<string, Contract>): Promise<Map<string, Line[]>> {
  const all = new Map<string, Line[]>();
  for (const file of [
    ...(await publisherFiles({ people, seed: 5 })),
    ...(await pulledTables(planPopulation(people, 5))),
  ]) {
    const bytes = await bytesOf(file);
    const text = new TextDecoder(file.encoding, { fatal: true }).decode(file.gzip ? gunzipSync(bytes) : bytes);
    const lines: Line[] = file.mediaType.startsWith('text/csv')
      ? (parse(text, { columns: true }) as Line[])
      : text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
    const rows = lines.map((line) => mapLine(line, contracts.get(file.dataset)!));
    all.set(file.dataset, [...(all.get(file.dataset) ?? []), ...rows]);
  }
  return all;
}

/** The tables in departments' own systems, as if they came as files. */
async function pulledTables(plan: PopulationPlan): Promise<PublisherFile[]> {
  const fileOf = async (dataset: string, rows: () => ReturnType<typeof deviceRows>) =>
    publisherFile({ contract: await demoContract(dataset), seed: plan.seed, rows }, { name: '' });
  return [
    await fileOf('housing/device', () => deviceRows(plan)),
    await fileOf('grid-center/organization', () => organizationRows(plan)),
  ];
}

function mapLine(line: Line, contract: Contract): Line {
  const row: Line = {};
  const known = new Set<string>();
  for (const field of contract.fields.values()) {
    const heading = field.from.find((name) => Object.hasOwn(line, name));
    if (heading === undefined) throw new Error(`${contract.id}: nothing for ${field.name}`);
    known.add(heading);
    const value = line[heading] === '' ? null : line[heading];
    if (field.codes === undefined || value === null) row[field.name] = value;
    else if (field.type.name === 'list')
      row[field.name] = String(value)
        .split('、')
        .map((own) => field.codes![own]);
    else row[field.name] = field.codes[value as string] ?? `${value} has no code`;
    if (field.required && row[field.name] === null) throw new Error(`${contract.id}: ${field.name} is empty`);
    const list = field.type.list === undefined ? undefined : loadStandard().lists.get(field.type.list);
    if (list !== undefined && row[field.name] !== null && !list.has(String(row[field.name]))) {
      throw new Error(`${contract.id}: ${field.name} is ${row[field.name]}`);
    }
  }
  const lost = Object.keys(line).filter((heading) => !known.has(heading));
  if (lost.length > 0) throw new Error(`${contract.id}: no field takes ${lost.join(', ')}`);
  return row;
}

t.test('the catalog of the demo has no faults, and no field of religion', async (t) => {
  const { faults, contracts, publishers, purposes } = await checkCatalog(join(packageRoot, 'catalog'));
  t.same(faults, []);
  t.same(
    [...new Set(contracts.flatMap(({ entity }) => entity ?? []))].sort(),
    [...loadStandard().entities.keys()].sort(),
    'every entity of the standard is in use',
  );
  t.equal(publishers.length, 7);
  t.ok(publishers.every(({ uscc }) => isUscc(uscc) && uscc.slice(2, 8) === '370399'));
  t.ok(purposes.every(({ law }) => law.startsWith('《')));
  t.notOk(contracts.some(({ fields }) => fields.has('faith')));
  t.ok(contracts.every(({ key, fields }) => key.every((name) => fields.get(name)!.required || name === 'id_number')));
});

t.test('same people and seed, same bytes; another seed, other bytes', async (t) => {
  const first = await digests(600, 1);
  t.same(await digests(600, 1), first);
  const other = await digests(600, 2);
  t.equal(other[0], first[0], 'the divisions are the real ones, whatever the seed');
  t.same(
    DATASETS.filter((_, i) => other[i] === first[i]),
    ['exchange/division', 'exchange/address', 'housing/compound', 'housing/house'],
    'compounds and houses follow from the plan alone',
  );
});

t.test('files pass through the contracts and agree with each other', async (t) => {
  const { contracts } = await checkCatalog(join(packageRoot, 'catalog'));
  const rows = await mapped(3_000, new Map(contracts.map((contract) => [contract.name, contract])));
  const of = (dataset: string) => rows.get(dataset)!;
  const index = (dataset: string, ...key: string[]) => {
    const lines = of(dataset);
    const found = new Map(lines.map((line) => [key.map((name) => line[name]).join('/'), line]));
    t.equal(found.size, lines.length, `${dataset}: its key is unique`);
    return found;
  };
  const residents = index('police/resident', 'id_number');
  const households = index('police/household', 'county', 'household_no');
  const houses = index('housing/house', 'house_code');
  const buildings = index('housing/building', 'code');
  const compounds = index('housing/compound', 'code');
  const grids = index('grid-center/grid', 'code');
  const divisions = index('exchange/division', 'code');
  index('civil-affairs/social-assistance', 'family_no');
  t.equal(residents.size, 3_000);
  t.equal(divisions.size, 318);

  const refers = (dataset: string, test: (line: Line) => boolean) =>
    t.same(
      of(dataset)
        .filter((line) => !test(line))
        .slice(0, 3),
      [],
      `${dataset}: what it refers to exists`,
    );
  const members = new Map<string, number>();
  const living = new Map<string, number>();
  for (const line of residents.values()) {
    const household = `${line.household_county}/${line.household_no}`;
    if (line.status === '0') members.set(household, (members.get(household) ?? 0) + 1);
    living.set(String(line.grid_code), (living.get(String(line.grid_code)) ?? 0) + 1);
  }
  refers('police/resident', (line) => {
    const household = households.get(`${line.household_county}/${line.household_no}`);
    const grid = grids.get(String(line.grid_code));
    const elsewhere = line.registered_address !== line.residence_address;
    return (
      household?.head_id === line.head_id &&
      household?.division_code === line.registered_division &&
      household?.address === line.registered_address &&
      grid?.division_code === line.residence_division &&
      (line.residence_consistency === '02') === elsewhere
    );
  });
  refers('police/household', (line) => {
    const house = houses.get(String(line.house_code));
    const head = residents.get(String(line.head_id));
    const size = members.get(`${line.county}/${line.household_no}`);
    return (
      house?.division_code === line.division_code &&
      head?.name === line.head_name &&
      Number(line.members_count) === size
    );
  });
  refers('housing/house', (line) => {
    const building = buildings.get(String(line.building_code));
    return building?.grid_code === line.grid_code && building?.division_code === line.division_code;
  });
  refers('housing/building', ({ compound_code, grid_code, division_code }) => {
    const compound = compound_code === null ? undefined : compounds.get(String(compound_code));
    const rural = divisions.get(String(division_code))?.settlement === '2';
    return rural === (compound === undefined) && grids.get(String(grid_code))?.division_code === division_code;
  });
  refers('housing/compound', ({ division_code, manager_uscc }) => {
    return divisions.has(String(division_code)) && isUscc(String(manager_uscc));
  });
  refers('grid-center/grid', ({ code, division_code, persons_count }) => {
    return divisions.has(String(division_code)) && living.get(String(code)) === persons_count;
  });
  refers('civil-affairs/social-assistance', ({ head_id, head_name, division_code, members_count }) => {
    const head = residents.get(String(head_id));
    const size = members.get(`${head?.household_county}/${head?.household_no}`) ?? 0;
    return head?.name === head_name && head?.residence_division === division_code && Number(members_count) <= size;
  });
  const assisted = of('civil-affairs/social-assistance').length / households.size;
  t.ok(assisted > 0.01 && assisted < 0.03, `${assisted} of the households are assisted`);
  peopleAgree(t, of);
  propertyAgrees(t, of);
  gridsAgree(t, of);
});

t.test('GB18030 decodes to the original', async (t) => {
  const decoder = new TextDecoder('gb18030', { fatal: true });
  for (const text of [
    '',
    'XM,XB\r\n',
    '王翟毕国巩',
    '㐀㒨䶵',
    '𠀀𪚥',
    '€ÀéĀ',
    '；、《》〔2026〕37号',
    '\ue7c7\u1e3f',
  ]) {
    t.equal(decoder.decode(encodeGb18030(text)), text);
  }
  t.throws(() => encodeGb18030('\ud800'), RangeError, 'half a character has no code');
});
