import fc from 'fast-check';
import type { RowScope } from '../../src/access/grants/grant.js';
import type { Contract, Field } from '../../src/catalog/contract.js';
import type { Mask } from '../../src/standard/type.js';
import { TYPES } from '../../src/standard/type.js';
import type { BodyAsk, BodyCondition, BodyLeaf } from './ask.js';
import { DIVISIONS, type Row } from './rows.js';

interface Draft {
  fields: string[];
  masks: Record<string, Mask>;
  rows: RowScope;
}
/** Undefined: no grant on the dataset. */
export type Drafts = Record<string, Draft | undefined>;

export interface Known {
  rows: Readonly<Record<string, readonly Row[]>>;
  contract(dataset: string): Contract;
}

const GIVING: Readonly<Record<string, readonly Mask[]>> = {
  text: ['initial', 'phone', 'id-number', 'pseudonym'],
  identifier: ['id-number', 'pseudonym'],
  date: ['year'],
};

/** Grants on some of the datasets, each with its own fields, masks and rows; personal fields are unmasked about as often as not. */
export function draftsOf(known: Known, datasets: readonly string[]): fc.Arbitrary<Drafts> {
  return fc.record(
    Object.fromEntries(
      datasets.map((dataset) => [
        dataset,
        fc.option(draftOf(known.contract(dataset)), { nil: undefined, freq: dataset === datasets[0] ? 40 : 6 }),
      ]),
    ),
  );
}

function draftOf(contract: Contract): fc.Arbitrary<Draft> {
  const names = [...contract.fields.keys()];
  return fc
    .record({
      fields: fc.oneof(
        { weight: 2, arbitrary: fc.constant(names) },
        { weight: 3, arbitrary: fc.subarray(names, { minLength: Math.ceil(names.length * 0.7) }) },
        { weight: 1, arbitrary: fc.subarray(names, { minLength: 1 }) },
      ),
      masks: fc.record(Object.fromEntries(names.map((name) => [name, maskOf(contract.fields.get(name)!)]))),
      minors: fc.boolean(),
      rows: scopeOf(contract),
    })
    .map(({ fields, masks, minors, rows }) => ({
      fields,
      rows,
      masks: {
        ...Object.fromEntries(fields.flatMap((name) => (masks[name] === undefined ? [] : [[name, masks[name]]]))),
        ...(minors ? { minors: 'none' as const } : {}),
      },
    }));
}

function maskOf(field: Field): fc.Arbitrary<Mask | undefined> {
  const personal = field.sensitivity === 'L3' || field.sensitivity === 'L4';
  const giving = [
    ...(GIVING[field.type.name] ?? []),
    ...(field.divisionField === undefined ? [] : ['division' as const]),
  ];
  const some = fc.constantFrom<Mask>(field.defaultMask, 'hide', ...giving);
  return personal
    ? fc.oneof({ weight: 3, arbitrary: fc.constant<Mask>('none') }, { weight: 2, arbitrary: some })
    : fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant<Mask>('hide') });
}

function scopeOf(contract: Contract): fc.Arbitrary<RowScope> {
  const codes = [...DIVISIONS, '370303104003001', '370303104003002', 'C1'];
  const prefixes = ['370303', '3703031040', '370303104003', '37030310400', 'C1', '9'];
  const term = fc.constantFrom(...contract.scopes).chain((field) =>
    fc.oneof(
      fc.subarray(codes, { minLength: 1 }).map((values) => ({ field, in: values })),
      fc.subarray(prefixes, { minLength: 1, maxLength: 3 }).map((values) => ({ field, prefix: values })),
      fc.constant({ field, in: [] }),
    ),
  );
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant<RowScope>({ all: true }) },
    { weight: 1, arbitrary: fc.constant<RowScope>({ scope: [] }) },
    { weight: 4, arbitrary: fc.array(term, { minLength: 1, maxLength: 2 }).map((scope): RowScope => ({ scope })) },
  );
}

interface Path {
  path: string;
  dataset: string;
  field: Field;
}

/** Asks of a dataset, most of them within the grants; some reach for what is masked or not granted. */
export function askOf(known: Known, drafts: Drafts, dataset: string): fc.Arbitrary<BodyAsk> {
  const contract = known.contract(dataset);
  const draft = drafts[dataset];
  const granted = draft?.fields ?? [...contract.fields.keys()];
  const open = (at: string, name: string) =>
    drafts[at]?.fields.includes(name) && (drafts[at].masks[name] ?? 'none') === 'none';
  const paths = pathsOf(known, dataset, drafts);
  const fit = paths.filter((path) => open(path.dataset, path.field.name));
  const leaf = mostly(fit, paths).chain((path) => leafOf(known, path));
  const sortable = [...contract.sortable];
  const sort = mostly(
    sortable.filter((name) => open(dataset, name)),
    sortable,
  ).chain((name) => fc.constantFrom(name, `-${name}`));
  return fc.record(
    {
      where: fc.oneof(flat(leaf), tree(leaf, 1)),
      select: fc.oneof(
        { weight: 9, arbitrary: fc.shuffledSubarray(['_id', ...granted], { minLength: 1 }) },
        { weight: 1, arbitrary: fc.shuffledSubarray([...contract.fields.keys()], { minLength: 1 }) },
      ),
      sort,
      limit: fc.oneof(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 3, max: 40 }), fc.constant(1000)),
      expand: fc.oneof(
        // Most relations meet a dataset without a grant: too many of them, and no rows would be compared.
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...relationsOf(known, dataset)), { maxLength: 2 }) },
      ),
      count: fc.constantFrom('none', 'estimated', 'exact'),
    },
    { requiredKeys: ['limit', 'expand', 'count'] },
  ) as fc.Arbitrary<BodyAsk>;
}

function mostly<T>(fit: readonly T[], all: readonly T[]): fc.Arbitrary<T> {
  const any = fc.constantFrom(...all);
  return fit.length === 0
    ? any
    : fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...fit) }, { weight: 1, arbitrary: any });
}

function pathsOf(known: Known, dataset: string, drafts: Drafts): Path[] {
  const contract = known.contract(dataset);
  const own = (at: string, prefix: string): Path[] =>
    [...known.contract(at).filterable].map((name) => ({
      path: prefix + name,
      dataset: at,
      field: known.contract(at).fields.get(name)!,
    }));
  const joined = [...contract.relations.values()].flatMap(({ name, to }) => {
    const target = to.replace(/\/v\d+$/, '');
    return target in drafts ? own(target, `${name}.`) : [];
  });
  return [...own(dataset, ''), ...joined];
}

/** Relation paths down to three, as far as the fixture has rows, and one that nobody here is granted. */
function relationsOf(known: Known, dataset: string, depth = 3): string[] {
  if (known.rows[dataset] === undefined || depth === 0) return [];
  return [...known.contract(dataset).relations.values()].flatMap(({ name, to }) => [
    name,
    ...relationsOf(known, to.replace(/\/v\d+$/, ''), depth - 1).map((below) => `${name}.${below}`),
  ]);
}

function leafOf(known: Known, { path, dataset, field }: Path): fc.Arbitrary<BodyLeaf> {
  const value = operandOf(known, dataset, field);
  return fc.constantFrom(...TYPES[field.type.name].operators).chain((op): fc.Arbitrary<BodyLeaf> => {
    if (op === 'null') return fc.boolean().map((yes) => ({ field: path, op, value: yes }));
    if (op === 'in' || op === 'nin')
      return fc.array(value, { maxLength: 4 }).map((values) => ({ field: path, op, value: values }));
    if (op !== 'contains' && op !== 'startswith') return value.map((one) => ({ field: path, op, value: one }));
    return fc.tuple(value, fc.nat(3), fc.integer({ min: 2, max: 4 })).map(([text, from, length]) => {
      const part = [...String(text)]
        .slice(op === 'contains' ? from : 0)
        .slice(0, length)
        .join('');
      return { field: path, op, value: [...part].length < 2 ? '37' : part };
    });
  });
}

function operandOf(known: Known, dataset: string, field: Field): fc.Arbitrary<unknown> {
  const seen = [...new Set(known.rows[dataset]!.map((row) => row[field.name]).filter((value) => value !== null))];
  const other: Record<string, fc.Arbitrary<unknown>> = {
    integer: fc.integer({ min: -5, max: 1_000 }),
    decimal: fc.constantFrom('0', '100.05', '-3.5', '99999999.999'),
    date: fc.constantFrom('1950-01-01', '2012-02-29', '2000-06-15', '9999-12-31', '0001-01-01'),
    text: fc.constantFrom('', '%', '_', "'; --", '370303', 'B0'),
    identifier: fc.constantFrom(
      '370399195012310046',
      field.type.kindField === undefined ? '37039919501231004X' : 'E10000005',
    ),
    code: fc.constantFrom(...(seen.length === 0 ? ['1'] : seen)),
  };
  const rare = other[field.type.name] ?? fc.constant('1');
  return seen.length === 0
    ? rare
    : fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...seen) }, { weight: 1, arbitrary: rare });
}

/** What a URL can say too: leaves that are ANDed and one group of alternatives behind them. */
function flat(leaf: fc.Arbitrary<BodyLeaf>): fc.Arbitrary<BodyCondition> {
  return fc
    .tuple(fc.array(leaf, { maxLength: 3 }), fc.array(leaf, { maxLength: 3 }))
    .filter(([all, any]) => all.length + any.length > 0)
    .map(([all, any]) => {
      const parts: BodyCondition[] = [...all, ...(any.length === 0 ? [] : [{ or: any }])];
      return parts.length === 1 ? parts[0]! : { and: parts };
    });
}

/** At least two parts under `and`: GraphQL reads a single one as that part, and a cursor belongs to the form that was asked. */
function tree(leaf: fc.Arbitrary<BodyLeaf>, depth: number): fc.Arbitrary<BodyCondition> {
  if (depth === 4) return leaf;
  const below = tree(leaf, depth + 1);
  return fc.oneof(
    leaf,
    fc.array(below, { minLength: 2, maxLength: 3 }).map((and) => ({ and })),
    fc.array(below, { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    below.map((not) => ({ not })),
  );
}
