import fc from 'fast-check';
import type { Test } from 'tap';
import { shanghaiDate } from '../../src/platform/clock.js';
import { askOf, type Drafts, draftsOf } from './arbitraries.js';
import type { BodyAsk } from './ask.js';
import { type Door, type Doors, doors, type Page } from './doors.js';
import { byKey, evaluate, type Held, isOpen, select, type World } from './evaluate.js';
import type { Fixture } from './fixture.js';
import type { Row } from './rows.js';

const DATASETS = ['police/resident', 'police/household', 'housing/house', 'housing/building', 'grid-center/grid'];
const PAGES_AT_MOST = 6;

let applications = 0;

/** Generated grants and asks: every door returns what the naive evaluator returns. `runs` grant sets, each with `asks` asks. */
export async function holdParity(
  t: Test,
  fixture: Fixture,
  { runs, asks }: { runs: number; asks: number },
): Promise<void> {
  const seen: Record<string, number> = {};
  const generated = draftsOf(fixture, DATASETS).chain((drafts) =>
    fc.tuple(
      fc.constant(drafts),
      fc.array(
        fc
          .oneof(
            { weight: 3, arbitrary: fc.constant(DATASETS[0]!) },
            { weight: 4, arbitrary: fc.constantFrom(...DATASETS) },
          )
          .chain((dataset) => fc.tuple(fc.constant(dataset), askOf(fixture, drafts, dataset))),
        { minLength: asks, maxLength: asks },
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(generated, async ([drafts, asked]) => {
      const { world, through } = await granted(fixture, drafts);
      for (const [dataset, ask] of asked) {
        const ending = await holdAsk({ world, through, dataset, ask });
        seen[ending] = (seen[ending] ?? 0) + 1;
      }
    }),
    { numRuns: runs, endOnFailure: true, includeErrorInReport: true },
  );
  t.comment(JSON.stringify(seen));
  // A generator that never gets rows, or is never refused, proves nothing.
  for (const [ending, enough] of [
    ['rows', 50],
    ['field-not-granted', 50],
    ['pages', 300],
  ] as const)
    t.ok(runs * asks < enough || (seen[ending] ?? 0) > 0, `some asks end as ${ending}`);
}

interface Asking {
  world: World;
  through: Doors;
  dataset: string;
  ask: BodyAsk;
}

async function granted(fixture: Fixture, drafts: Drafts): Promise<{ world: World; through: Doors }> {
  const { node, contract } = fixture;
  const as = `parity-app-${++applications}`;
  await node.register(as);
  const held = new Map<string, Held>();
  for (const [dataset, draft] of Object.entries(drafts)) {
    if (draft === undefined) continue;
    const { linkage } = await node.grant({ application: as, dataset, ...draft });
    held.set(dataset, { ...draft, linkage });
  }
  const world = { rows: fixture.rows, contract, keys: node.keys, today: shanghaiDate(Date.now()), held };
  // What REST returns where nothing is selected; any field of a dataset without a grant, because it is refused anyway.
  const fields = (dataset: string) => held.get(dataset)?.fields ?? [[...contract(dataset).fields.keys()][0]!];
  return { world, through: doors({ node, as, contract, granted: fields }) };
}

/** One ask through every door. Returns its ending. */
async function holdAsk({ world, through, dataset, ask }: Asking): Promise<string> {
  const expected = evaluate(world, dataset, ask);
  const first: Record<string, Page> = {};
  for (const [name, door] of restDoors(through)) {
    const page = await door(dataset, ask);
    if (page !== undefined) first[name] = page;
  }
  const graphql = (await through.graphql(dataset, ask))!;
  if ('denied' in expected) {
    for (const [name, page] of Object.entries(first)) same(page, { code: expected.denied }, `${name} refuses`);
    if (expected.asked === 'filter') same(graphql, { code: expected.denied }, 'graphql refuses');
    else samePage(graphql, select(world, dataset, ask), ask, 'graphql withholds');
    return expected.denied;
  }
  for (const [name, page] of Object.entries({ ...first, graphql })) samePage(page, expected, ask, name);
  const ids = idsOf(first.post!);
  for (const [name, page] of Object.entries({ ...first, graphql }))
    same(idsOf(page), ids, `${name} names the rows alike`);
  const more = await holdWalk({ world, through, dataset, ask }, expected.rows, first.post!);
  if (ids.length > 0) await holdById({ world, through, dataset, ask }, ids[0]!, expected.rows[0]!);
  await holdByKey({ world, through, dataset, ask }, expected.source);
  return more ? 'pages' : ids.length > 0 ? 'rows' : 'nothing';
}

const restDoors = ({ get, post, query }: Doors): [string, Door][] => [
  ['post', post],
  ['get', get],
  ['query', query],
];

/** Every row once and in order, each page through another door: a cursor from one door works at the others. */
async function holdWalk({ through, dataset, ask }: Asking, rows: readonly Row[], first: Page): Promise<boolean> {
  if ('code' in first || !first.hasMore) return false;
  const limit = Math.max(ask.limit, Math.ceil((rows.length - ask.limit) / PAGES_AT_MOST));
  const turn = [through.query, through.get, through.post];
  // REST's default of every field and GraphQL's list of them are two selections, and so two queries.
  if (ask.select !== undefined && ask.expand.length === 0) turn.push(through.graphql);
  let page = first;
  let at = first.rows.length;
  for (let k = 0; page.hasMore; k++) {
    const next: Page =
      (await turn[k % turn.length]!(dataset, { ...ask, limit }, page.cursor!)) ??
      (await through.post(dataset, { ...ask, limit }, page.cursor!))!;
    if ('code' in next) throw new Error(`page ${k} was refused: ${next.code}`);
    same(next.rows.map(unnamed), rows.slice(at, at + limit), `page ${k}`);
    at += next.rows.length;
    page = next;
  }
  same(at, rows.length, 'the walk ends at the last row');
  return true;
}

async function holdById({ through, dataset, ask }: Asking, id: string, row: Row): Promise<void> {
  const got = await through.byId(dataset, ask, id);
  same(unnamed(got.rest), row, 'by _id');
  same(unnamed(got.graphql), row, 'by _id, graphql');
}

/** A row of this answer, a row of the dataset that may be out of scope, and an absent one. */
async function holdByKey({ world, through, dataset, ask }: Asking, source: readonly Row[]): Promise<void> {
  const { key } = world.contract(dataset);
  const known = [source[0], world.rows[dataset]!.at(-1), world.rows[dataset]![3]].filter((row) => row !== undefined);
  const keys = [...known.map((row) => key.map((name) => row[name])), key.map(() => '370399999999999999')];
  const got = await through.byKey(dataset, ask, keys);
  if (!key.every((name) => isOpen(world, dataset, name))) {
    same(got.rest.body.code, 'field-not-granted', 'a masked key looks nothing up');
    return same(got.graphql, 'field-not-granted', 'nor does it in graphql');
  }
  const expected = keys.map((values) => byKey(world, dataset, values, ask));
  const rest = got.rest.body.data.map(({ found, row }: { found: boolean; row: unknown }) =>
    found ? unnamed(row) : undefined,
  );
  same(rest, expected, 'by key');
  same(unnamed(got.graphql), expected[0] ?? null, 'by key, graphql');
}

function samePage(page: Page, expected: { rows: Row[]; count: number }, ask: BodyAsk, door: string): void {
  if ('code' in page) throw new Error(`${door} refused: ${page.code}`);
  same(page.rows.map(unnamed), expected.rows.slice(0, ask.limit), `rows of ${door}`);
  same(page.hasMore, expected.rows.length > ask.limit, `${door} has more`);
  same(page.count, ask.count === 'none' ? null : expected.count, `count of ${door}`);
}

function idsOf(page: Page): string[] {
  return 'code' in page ? [] : page.rows.map((row) => String(row._id));
}

/** Without the `_id`s, which the evaluator doesn't know. */
function unnamed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([name]) => name !== '_id');
  return Object.fromEntries(entries.map(([name, inner]) => [name, unnamed(inner)]));
}

/** Compares JSON values; throws, so that fast-check sees it. */
function same(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [canonical(found), canonical(wanted)];
  if (a === b) return;
  let at = 0;
  while (a[at] === b[at]) at++;
  throw new Error(
    `${what}: …${a.slice(Math.max(0, at - 80), at + 120)}… and not …${b.slice(Math.max(0, at - 80), at + 120)}…`,
  );
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner === undefined
          ? null
          : inner,
    ) ?? 'undefined'
  );
}
