import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { residentIdCheck, usccCheck } from '../../src/standard/identifier.js';
import { MASKS } from '../../src/standard/type.js';
import t from '../support/tap.js';
import { EVERYTHING_PATH, openEverything, type Row } from './everything.js';

t.setTimeout(120_000);
const here = await openEverything(t);
const NAMES = [...here.contract.fields.keys()];
const FILTERED = NAMES.filter((name) => here.contract.filterable.has(name));

const digits = (n: number) => fc.stringMatching(new RegExp(`^[0-9]{${n}}$`));
const words = (most: number) =>
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: most })
    .filter((text) => text.trim() === text && !text.includes('\0') && [...text].length <= most);
const day = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const residentId = fc
  .tuple(fc.date({ min: new Date('1900-01-01'), max: new Date('2025-01-01'), noInvalidDate: true }), digits(3))
  .map(([born, sequence]) => `370399${born.toISOString().slice(0, 10).replaceAll('-', '')}${sequence}`)
  .map((start) => start + residentIdCheck(start));
const passport = fc.stringMatching(/^[A-Z]{1,2}[0-9]{6,8}$/);
const place = fc.tuple(fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true }));
const height = fc.double({ min: -500, max: 9_000, noNaN: true });
/** JSON has no negative zero. */
const positions = fc
  .oneof(
    place,
    fc.tuple(place, height).map(([at, up]) => [...at, up]),
  )
  .map((numbers) => numbers.map((number) => number + 0));
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4 });
const decimals = (whole: number, scale: number) =>
  fc
    .tuple(fc.constantFrom('', '-'), fc.stringMatching(new RegExp(`^(0|[1-9][0-9]{0,${whole - 1}})$`)), digits(scale))
    .map(([sign, before, after]) => `${/[1-9]/.test(before + after) ? sign : ''}${before}.${after}`);

/** Rows as the standard writes them. */
const standardRow: fc.Arbitrary<Row> = fc
  .record({
    person: fc.oneof(
      fc.tuple(fc.constantFrom('111', '112', '113'), residentId),
      fc.tuple(fc.constantFrom('414', '511'), fc.oneof(passport, residentId)),
    ),
    name: words(50),
    gender: fc.constantFrom('0', '1', '2', '9'),
    born: day.map((text) => text.slice(0, 10)),
    phone: maybe(fc.oneof(digits(11), fc.constantFrom('0533-2180000', '86-1'))),
    registered_division: maybe(fc.constantFrom('370303104003', '370303001001', '370399999999')),
    registered_address: maybe(words(100)),
    count: maybe(fc.integer()),
    big: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    price: maybe(decimals(6, 2)),
    exact: maybe(decimals(8, 30)),
    money: maybe(decimals(18, 2)),
    ok: maybe(fc.boolean()),
    day: maybe(day.map((text) => text.slice(0, 10))),
    mon: maybe(day.map((text) => text.slice(0, 7))),
    at: maybe(day.map((text) => text.replace(/(\.\d*?)0+Z$/, '$1Z').replace('.Z', 'Z'))),
    owner: maybe(
      digits(7)
        .map((text) => `1137039900${text}`)
        .map((start) => start + usccCheck(start)),
    ),
    spot: maybe(positions.map((coordinates) => ({ type: 'Point', coordinates }))),
    shape: maybe(
      fc.array(positions, { minLength: 2, maxLength: 5 }).map((coordinates) => ({ type: 'LineString', coordinates })),
    ),
    tags: maybe(fc.array(words(5), { maxLength: 4 })),
    numbers: maybe(fc.array(fc.integer(), { maxLength: 4 })),
    long: maybe(fc.oneof(words(30), fc.constantFrom('字'.repeat(4_000), '𠮷'.repeat(4_000)))),
  })
  .map(({ person, ...rest }) => ({ id_kind: person[0], id_number: person[1], ...rest }));

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

/** Each row that leaves satisfies the caller's own schema, and leaves the same through both doors. */
async function holdReader(application: string): Promise<Row[]> {
  const { body: schema } = await here.node.ask('GET', `${EVERYTHING_PATH}/schema`, { as: application });
  const fits = ajv.compile({ ...schema, $id: undefined });
  const [one, other] = [
    await here.rest('{"field":"code","op":"null","value":false}', application),
    await here.graphql('{"code":{"null":false}}', application),
  ];
  if (one.code ?? other.code) throw new Error(`${application}: REST ${one.code}, GraphQL ${other.code}`);
  for (const [i, row] of one.rows.entries()) {
    if (!fits(row)) throw new Error(`${application}: ${ajv.errorsText(fits.errors)} ${JSON.stringify(row)}`);
    const [left, right] = [row, other.rows[i]!].map((each) => JSON.stringify(Object.entries(each).sort()));
    if (left !== right) throw new Error(`${application}: REST ${left} GraphQL ${right}`);
  }
  return one.rows;
}

/** Both doors take every value of an unmasked row as a filter, and find the row with all of them. */
async function holdFilters(row: Row): Promise<void> {
  const given = FILTERED.filter((name) => row[name] !== null);
  const conditions = given.map((name) => ({ field: name, op: 'eq', value: row[name] }));
  const found = await here.rest(JSON.stringify({ and: conditions }));
  const alike = await here.graphql(JSON.stringify({ and: given.map((name) => ({ [name]: { eq: row[name] } })) }));
  if (found.rows[0]?._id !== row._id || alike.rows[0]?._id !== row._id)
    throw new Error(`REST ${found.code}, GraphQL ${alike.code}: ${JSON.stringify(row)}`);
}

/** Rows as delivered leave unmasked as they came. */
async function holdDelivery(generated: readonly Row[]): Promise<void> {
  const rows = generated.map((row, i) => ({ code: `T${i + 10}`, ...row }) as Row);
  const sent = await here.deliver(rows.map((row) => JSON.stringify(row)));
  if (sent.body?.accepted !== rows.length) {
    const rejects = await here.node.ask('GET', `${EVERYTHING_PATH}/deliveries/${sent.body?.id}/rejects`, {
      as: 'main',
    });
    throw new Error(sent.text + rejects.text);
  }
  for (const [i, row] of (await holdReader('plain')).entries()) {
    const changed = NAMES.find((name) => JSON.stringify(row[name]) !== JSON.stringify(rows[i]?.[name]));
    if (changed !== undefined) throw new Error(`${changed} of ${JSON.stringify(rows[i])} is ${row[changed]}`);
    await holdFilters(row);
  }
  for (const application of here.readers.keys()) {
    const left = await holdReader(application);
    if (left.length !== rows.length) throw new Error(`${application} has ${left.length} rows`);
  }
}

t.test('what is delivered leaves as its schema says, the same at both doors, and each value filters', async (t) => {
  const asDelivered = fc.array(standardRow, { minLength: 30, maxLength: 30 });
  const settings = { numRuns: 4, endOnFailure: true, includeErrorInReport: true };
  await fc.assert(fc.asyncProperty(asDelivered, holdDelivery), settings);
  t.same(
    new Set([...here.readers.values()].flatMap((masks) => Object.values(masks))),
    new Set(MASKS),
    'every mask was used',
  );
});
