import fc from 'fast-check';
import { checkGrant } from '../../src/access/grants/check-grant.js';
import type { RowScope, ScopeTerm } from '../../src/access/grants/grant.js';
import { afterPrefix, contains, overlap, scopeSql } from '../../src/access/grants/row-scope.js';
import { contracts } from '../policy/contracts.js';
import { grantOf, indexOf } from '../policy/index-of.js';
import { testDatabase } from '../support/database.js';
import t from '../support/tap.js';

const FIELDS = ['a', 'b'] as const;
/** Few letters, so that texts begin with each other: ends of ranges, outside of the BMP, both sides of the surrogates. */
const letter = fc.constantFrom('3', '7', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '😀', '\u{10ffff}');
const text = fc.array(letter, { maxLength: 4 }).map((letters) => letters.join(''));
/** What no column can hold: half a character, the zero. */
const limit = fc.oneof({ weight: 12, arbitrary: text }, fc.constantFrom('\ud83d', '3\ude00', '\0', '3\0'));
const limits = fc.array(limit, { maxLength: 4 });
const term: fc.Arbitrary<ScopeTerm> = fc
  .tuple(fc.constantFrom(...FIELDS), fc.boolean(), limits)
  .map(([field, open, values]) => (open ? { field, prefix: values } : { field, in: values }));
const scope: fc.Arbitrary<RowScope> = fc.oneof(
  { weight: 12, arbitrary: fc.array(term, { maxLength: 3 }).map((terms) => ({ scope: terms })) },
  fc.constant({ all: true as const }),
  fc.constant({ all: false } as unknown as RowScope),
);
const cell = fc.oneof({ weight: 6, arbitrary: text }, fc.constant('\ufffd'), fc.constant(null));
const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 40 });

t.test('a row is in scope in memory exactly where it is in SQL', async (t) => {
  const { database } = await testDatabase(t);
  const table = `unnest($1::int[], $2::text[], $3::text[]) AS u (n, a, b)`;
  await fc.assert(
    fc.asyncProperty(scope, rows, async (scope, rows) => {
      const values: unknown[] = [rows.map((_, n) => n), rows.map(([a]) => a), rows.map(([, b]) => b)];
      const where = scopeSql(scope, 't', (value) => `$${values.push(value)}`);
      const from = `(SELECT n, a COLLATE "C" AS a, b COLLATE "C" AS b FROM ${table}) t`;
      const found = await database.owner.query<{ n: number; out: boolean }>(
        `SELECT n, (${where}) IS NOT TRUE AS out FROM ${from} ORDER BY n`,
        values,
      );
      const test = contains(scope, FIELDS);
      t.strictSame(
        found.rows.map(({ out }) => !out),
        rows.map((row) => test(row)),
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('two scopes overlap unless no row can be in both', async (t) => {
  fc.assert(
    fc.property(scope, scope, rows, (one, other, rows) => {
      const [inOne, inOther] = [contains(one, FIELDS), contains(other, FIELDS)];
      const both = rows.some((row) => inOne(row) && inOther(row));
      if (both && !overlap(one, other)) throw new Error('a row is in both');
      if (overlap(one, other) !== overlap(other, one)) throw new Error('not the same from the other side');
    }),
    { numRuns: 20_000 },
  );
  const of = (...terms: [string, 'in' | 'prefix', string[]][]): RowScope => ({
    scope: terms.map(
      ([field, kind, values]): ScopeTerm => (kind === 'in' ? { field, in: values } : { field, prefix: values }),
    ),
  });
  const a = of(['part', 'prefix', ['3703', '99']]);
  const cases: [RowScope, RowScope, boolean][] = [
    [a, { all: true }, true],
    [a, of(['part', 'prefix', ['3704']]), false],
    [a, of(['part', 'prefix', ['37']]), true],
    [a, of(['part', 'prefix', ['370301']]), true],
    [a, of(['part', 'in', ['3705', '98']]), false],
    [a, of(['part', 'in', ['3705', '991']]), true],
    [of(['part', 'in', ['37']]), a, false],
    [of(['part', 'in', ['3703']]), a, true],
    [a, of(['kind', 'prefix', ['3704']]), true],
    [a, of(['kind', 'in', ['x']], ['part', 'in', ['x']]), false],
    [of(), a, false],
    [of(), { all: true }, false],
    [{ all: true }, { all: true }, true],
  ];
  for (const [one, other, expected] of cases) {
    t.equal(overlap(one, other), expected, JSON.stringify([one, other]));
    t.equal(overlap(other, one), expected, 'the same from the other side');
  }
});

t.test('a range of texts ends behind all that begin with the prefix', async (t) => {
  const cases: [string, string | undefined][] = [
    ['', undefined],
    ['370', '371'],
    ['3\ud7ff', '3\ue000'],
    ['3\uffff', '3\u{10000}'],
    ['3\u{10ffff}', '4'],
    ['\u{10ffff}\u{10ffff}', undefined],
  ];
  for (const [prefix, end] of cases) t.equal(afterPrefix(prefix), end, JSON.stringify(prefix));
});

t.test('an index serves a scope, whether a reader or a delivery asks', async (t) => {
  const { database } = await testDatabase(t);
  await database.owner.query(
    `CREATE TABLE data.scoped (row_id uuid PRIMARY KEY, part text COLLATE "C");
     INSERT INTO data.scoped SELECT gen_random_uuid(), '3703' || lpad((n % 1000)::text, 5, '0') FROM generate_series(1, 20000) n;
     CREATE INDEX ON data.scoped (part, row_id); ANALYZE data.scoped`,
  );
  for (const term of [
    { field: 'part', in: ['370300001'] },
    { field: 'part', in: ['370300001', '370300002'] },
    { field: 'part', prefix: ['37030000'] },
    { field: 'part', prefix: ['37030000', '37030003'] },
  ]) {
    const values: unknown[] = [];
    const where = scopeSql({ scope: [term] }, 't', (value) => `$${values.push(value)}`);
    const { rows } = await database.owner.query(`EXPLAIN SELECT * FROM data.scoped t WHERE ${where}`, values);
    t.match(JSON.stringify(rows), /Index Cond/, JSON.stringify(term));
  }
});

t.test('a grant that limits rows by what is no limit is refused', async (t) => {
  const index = indexOf([], []);
  const contract = contracts.find(({ scopes }) => scopes.size > 0);
  if (contract === undefined) throw new Error('no contract has a scope');
  const [field = ''] = contract.scopes;
  const pointers = (rows: unknown) => {
    const draft = {
      ...grantOf('g', { dataset: contract.name, fields: [], rows: rows as RowScope }),
      validFrom: '2026-01-01T00:00:00Z',
    };
    return checkGrant(draft, index, Date.parse('2026-11-24T00:00:00Z'))
      .map(({ pointer }) => pointer ?? '')
      .filter((pointer) => pointer.startsWith('/rows'));
  };
  const good: unknown[] = [
    { all: true },
    { scope: [] },
    { scope: [{ field, in: [] }] },
    { scope: [{ field, prefix: ['37'] }] },
  ];
  for (const rows of good) t.strictSame(pointers(rows), [], JSON.stringify(rows));
  const bad: [unknown, string][] = [
    [{ all: false }, '/rows/all'],
    [{ scope: [{ field: 'no_such_field', in: ['x'] }] }, '/rows/scope/0/field'],
    [{ scope: [{ field, in: ['x'], prefix: ['x'] }] }, '/rows/scope/0'],
    [{ scope: [{ field }] }, '/rows/scope/0'],
    [{ scope: [{ field, in: [''] }] }, '/rows/scope/0/in'],
    [{ scope: [{ field, prefix: [''] }] }, '/rows/scope/0/prefix'],
    [{ scope: [{ field, prefix: ['3\ud83d'] }] }, '/rows/scope/0/prefix'],
    [{ scope: [{ field, in: ['3\0'] }] }, '/rows/scope/0/in'],
    [{ scope: [{ field, in: Array.from({ length: 1_001 }, String) }] }, '/rows/scope/0/in'],
  ];
  for (const [rows, pointer] of bad) t.strictSame(pointers(rows), [pointer], JSON.stringify(rows));
});
