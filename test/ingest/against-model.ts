import assert from 'node:assert/strict';
import fc from 'fast-check';
import type pg from 'pg';
import type { RowScope } from '../../src/access/grants/grant.js';
import { applyNaively, type Model, type Sent } from './model.js';
import type { Thing } from './things.js';

const part = (...parts: string[]): RowScope => ({ scope: [{ field: 'part', in: parts }] });
/** By application: the whole, and two parts without a common row. */
export const SCOPES: Readonly<Record<string, RowScope>> = { main: { all: true }, one: part('a'), two: part('b', 'c') };
export const text = (rows: readonly Sent[]) =>
  rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
const sentRow = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record(
      {
        code: fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', ''),
        part: fc.constantFrom('a', 'a', 'b', 'c', ''),
        name: fc.constantFrom('n', 'm', 'o', '', '1234567'),
        _op: fc.constantFrom('upsert', 'delete'),
      },
      { requiredKeys: ['code', 'part', 'name'] },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('{', '[]', 'null') },
);
const deliveryOf = fc.record({
  as: fc.constantFrom('main', 'one', 'two'),
  mode: fc.constantFrom('snapshot', 'delta'),
  rows: fc.array(sentRow, { maxLength: 10 }),
});

/**
 * Sequences of deliveries by three applications to an empty dataset without a release. After each one the stored rows equal the model's. Returns the
 * last release.
 */
export async function holdAgainstModel(d: Thing, owner: pg.Pool, numRuns: number): Promise<number> {
  let release = 0;
  const property = fc.asyncProperty(fc.array(deliveryOf, { minLength: 2, maxLength: 5 }), async (deliveries) => {
    await owner.query(`DELETE FROM data.${d.contract.table}; DELETE FROM data.${d.contract.table}_history`);
    const model: Model = { release, live: new Map(), history: [] };
    for (const delivery of deliveries) {
      const ended = deliverBoth(d, model, delivery);
      release++; // also on a difference: shrinking continues from the stored rows
      await ended;
      await compare(d, model);
    }
  });
  await fc.assert(property, { numRuns });
  return release;
}

async function deliverBoth(
  d: Thing,
  model: Model,
  { as, mode, rows }: { as: string; mode: string; rows: Sent[] },
): Promise<void> {
  const sent = await d.send(text(rows), { as, mode });
  const { rejected, kept, ...counts } = applyNaively(model, rows, { mode, scope: SCOPES[as]! });
  const { received, accepted, inserted, updated, deleted, report, rejects } = sent.body;
  assert.deepEqual({ received, accepted, inserted, updated, deleted }, counts, sent.text);
  assert.equal(sent.body.release, model.release);
  assert.equal(report.kept ?? 0, kept, sent.text);
  const aside = rejects === null ? '' : (await d.get(rejects, as)).text;
  const written = text(rows).split('\n');
  assert.deepEqual(
    aside
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map(({ line, row }) => [line, row]),
    rejected.map((line) => [line, written[line - 1]]),
  );
}

async function compare(d: Thing, model: Model): Promise<void> {
  const live = (await d.stored()).map((row) => [
    row.code,
    { part: row.part, name: row.name, since: Number(row._since) },
  ]);
  assert.deepEqual(new Map(live as []), model.live);
  const flat = (rows: readonly object[]) => rows.map((row) => JSON.stringify(Object.values(row))).sort();
  const history = (await d.stored('history')).map(({ code, part, name, _since, _until }) => [
    code,
    part,
    name,
    Number(_since),
    Number(_until),
  ]);
  assert.deepEqual(flat(history), flat(model.history));
}
