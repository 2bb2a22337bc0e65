import type { Access, Permit } from '../access/policy/decision.js';
import { rowId } from '../catalog/row-id.js';
import { proxyOf } from '../catalog/source-terms.js';
import type { Clock } from '../platform/clock.js';
import { shanghaiDate } from '../platform/clock.js';
import type { Keys } from '../platform/keys/keys.js';
import { itemAt } from '../platform/known.js';
import type { ReaderPool } from '../platform/postgres/database.js';
import type { Ask, Target } from './ask.js';
import { coalesced, type FoundRows, foundIn, type Lookup } from './coalesce.js';
import { type CursorBinding, type Cursors, cursors } from './cursor.js';
import { type Linkage, linkages } from './linkage.js';
import { askedLive } from './live-keys.js';
import { naturalKey } from './natural-key.js';
import { effectiveSelection, type Plan, plan } from './plan.js';
import { FetchedRows, type Rows } from './rows.js';
import type { Row } from './shape.js';
import { canonicalCondition, operandsOf } from './statement/condition.js';

/** Runs permitted asks on the published tables. No other file reads them. */
export interface Reading {
  /**
   * No rows without a permit. `live`: records of a proxied dataset (`ingest/publish/live-row.ts`), its only rows.
   * Throws Problem `bad-cursor`, `cursor-ended`, `timeout`, `unavailable`.
   */
  run(permit: Permit, ask: Ask, live?: string): Promise<Rows>;
}

const COUNTED_TO = 10_000;
const NO_CURSOR = () => '';

export function openReading(options: { reader: ReaderPool; keys: Keys; clock: Clock }): Reading {
  const linkageOf = linkages(options.keys.linkage);
  const sealing = cursors(options.keys.cursor, options.clock);
  const lookup = coalesced((statement) => options.reader.query(statement), options.clock);
  return {
    run(permit, ask, live) {
      const planned = plan(permit, ask, linkageOf);
      const root = permit.root;
      if (proxyOf(root.contract) !== undefined) {
        return runLive(options, wanted(ask, root, linkageOf, options.keys), { permit, plan: planned, live });
      }
      if (ask.target.kind === 'page')
        return runPage({ ...options, sealing }, { permit, ask, target: ask.target, plan: planned });
      return runLookup(lookup, wanted(ask, root, linkageOf, options.keys), { permit, plan: planned });
    },
  };
}

async function runPage(
  { reader, clock, sealing }: { reader: ReaderPool; clock: Clock; sealing: Cursors },
  { permit, ask, target, plan }: { permit: Permit; ask: Ask; target: Extract<Target, { kind: 'page' }>; plan: Plan },
): Promise<Rows> {
  const binding = cursorBinding(permit, ask, target);
  const after = target.cursor === undefined ? undefined : sealing.open(target.cursor, binding());
  const operands = operandsOf(target.where);
  const values = plan.bind({ operands, today: shanghaiDate(clock.now()), fetch: target.limit + 1, after, rowIds: [] });
  const fetched = await reader.query({ ...plan.statement, values });
  const head = itemAt(fetched, 0);
  const rootId = plan.nodes[0].rowId;
  const rows = fetched.filter((row) => row[rootId] !== null);
  const hasMore = rows.length > target.limit;
  if (hasMore) rows.length = target.limit;
  const counted = plan.countColumn < 0 ? null : Number(head[plan.countColumn]);
  const exact = target.count === 'exact' && permit.root.contract.exactCount;
  return new FetchedRows({
    plan,
    permit,
    head,
    rows,
    hasMore,
    count: counted === null || exact || counted <= COUNTED_TO ? counted : { atLeast: COUNTED_TO },
    answers: [],
    seal: (row) =>
      sealing.seal(
        { sort: plan.sortColumn < 0 ? null : (row[plan.sortColumn] ?? null), rowId: row[rootId]! },
        binding(),
      ),
  });
}

/** Computed only when a cursor is read or written. */
function cursorBinding(permit: Permit, ask: Ask, target: Extract<Target, { kind: 'page' }>): () => CursorBinding {
  let made: CursorBinding | undefined;
  return () => {
    const { contract, grant } = permit.root;
    const grants = [...permit.access.values()].map((access) => `${access.grant.id}@${access.grant.version}`);
    made ??= {
      application: grant.application,
      contract: contract.id,
      query: JSON.stringify([
        canonicalCondition(target.where),
        target.sort ?? null,
        effectiveSelection(permit, ask.selection, ''),
      ]),
      // A contract that hides more than before gives the rows another order.
      grant: `${grants.join()}${permit.root.ownOrder ? ' own order' : ''}`,
    };
    return made;
  };
}

async function runLookup(
  lookup: Lookup,
  candidates: readonly (readonly string[])[],
  { permit, plan }: { permit: Permit; plan: Plan },
): Promise<Rows> {
  return lookedUp(await lookup(plan, candidates.flat()), candidates, { permit, plan });
}

/** Not shared: an interface's reply belongs to one ask only. @throws Problem asked-live if nothing was asked */
async function runLive(
  { reader, clock }: { reader: ReaderPool; clock: Clock },
  candidates: readonly (readonly string[])[],
  { permit, plan, live }: { permit: Permit; plan: Plan; live: string | undefined },
): Promise<Rows> {
  if (live === undefined) throw askedLive();
  const rowIds = candidates.flat();
  const today = shanghaiDate(clock.now());
  const values = plan.bind({ operands: [], today, fetch: 0, after: undefined, rowIds, live });
  const rows = await reader.query({ ...plan.statement, values });
  return lookedUp(foundIn(rows, plan.nodes[0].rowId), candidates, { permit, plan });
}

function lookedUp(
  found: FoundRows,
  candidates: readonly (readonly string[])[],
  { permit, plan }: { permit: Permit; plan: Plan },
): Rows {
  const rows: Row[] = [];
  const positions = new Map<string, number>();
  const answers = candidates.map((alternatives) => {
    for (const id of alternatives) {
      const row = found.byRowId.get(id);
      if (row === undefined) continue;
      const position = positions.get(id) ?? rows.push(row) - 1;
      positions.set(id, position);
      return position;
    }
    return -1;
  });
  return new FetchedRows({
    plan,
    permit,
    head: found.head,
    rows,
    hasMore: false,
    count: null,
    answers,
    seal: NO_CURSOR,
  });
}

/** Row numbers that each key or id may mean, best first; none for a malformed one. */
function wanted(ask: Ask, access: Access, linkageOf: (name: string) => Linkage, keys: Keys): string[][] {
  const target = ask.target;
  if (target.kind === 'keys') {
    return target.keys.map((values) => (values === null ? [] : [rowId(keys, access.contract.name, values)]));
  }
  if (target.kind !== 'id') return [];
  const opened = linkageOf(access.grant.linkage).open(target.id);
  const natural = naturalKey(target.id, access);
  return [
    [
      ...(opened === undefined ? [] : [opened]),
      ...(natural === undefined ? [] : [rowId(keys, access.contract.name, natural)]),
    ],
  ];
}
