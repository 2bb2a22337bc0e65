import type { RowScope } from '../../src/access/grants/grant.js';

/** One line of a delivery: a row, or text that is none. */
export type Sent = { code: string; part: string; name: string; _op?: string } | string;
interface Stored {
  part: string;
  name: string;
  since: number;
}
interface Ended {
  code: string;
  part: string;
  name: string;
  since: number;
  until: number;
}
export interface Model {
  release: number;
  live: Map<string, Stored>;
  history: Ended[];
}
export interface Outcome {
  received: number;
  accepted: number;
  inserted: number;
  updated: number;
  deleted: number;
  kept: number;
  /** Lines set aside, from 1. */
  rejected: number[];
}

interface Taken {
  line: number;
  row: Exclude<Sent, string>;
}

/** What a delivery does, said as plainly as possible: row by row over maps. Changes the model. */
export function applyNaively(model: Model, rows: readonly Sent[], how: { mode: string; scope: RowScope }): Outcome {
  const mine = (part: string) =>
    'all' in how.scope || how.scope.scope.every((term) => 'in' in term && term.in.includes(part));
  const rejected = new Set<number>();
  const named = new Set<string>();
  const taken: Taken[] = [];
  rows.forEach((row, i) => {
    if (typeof row === 'string') {
      rejected.add(i + 1);
      return;
    }
    if (isSound(row, how.mode) && (row._op === 'delete' || mine(row.part))) {
      taken.push({ line: i + 1, row });
    } else {
      rejected.add(i + 1);
      if (row.code !== '' && how.mode === 'snapshot') named.add(row.code);
    }
  });
  const counts = how.mode === 'snapshot' ? countFirst : countLast;
  const chosen = counts(taken, rejected, (code) => {
    const before = model.live.get(code);
    return before !== undefined && !mine(before.part);
  });
  const accepted = new Map([...chosen].map(([code, each]) => [code, each.row]));
  return {
    ...change(model, accepted, { named, mine, snapshot: how.mode === 'snapshot' }),
    received: rows.length,
    accepted: rows.length - rejected.size,
    rejected: [...rejected].sort((a, b) => a - b),
  };
}

type Choose = (
  taken: readonly Taken[],
  rejected: Set<number>,
  isForeign: (code: string) => boolean,
) => Map<string, Taken>;

/** Of a snapshot the first row of a key counts, and the others are set aside. */
const countFirst: Choose = (taken, rejected, isForeign) => {
  const first = new Map<string, Taken>();
  for (const each of taken) {
    if (first.has(each.row.code) || isForeign(each.row.code)) rejected.add(each.line);
    if (!first.has(each.row.code)) first.set(each.row.code, each);
  }
  return new Map([...first].filter(([code]) => !isForeign(code)));
};

/** Of a delta the last one counts; the others are superseded, not rejected. */
const countLast: Choose = (taken, rejected, isForeign) => {
  for (const { row, line } of taken) if (isForeign(row.code)) rejected.add(line);
  return new Map(taken.filter(({ row }) => !isForeign(row.code)).map((each) => [each.row.code, each]));
};

function isSound(row: Exclude<Sent, string>, mode: string): boolean {
  if (row._op === 'delete') return mode === 'delta' && row.code !== '';
  return row.code !== '' && row.part !== '' && row.name !== '' && row.name.length <= 6;
}

function change(
  model: Model,
  accepted: ReadonlyMap<string, Exclude<Sent, string>>,
  { named, mine, snapshot }: { named: ReadonlySet<string>; mine: (part: string) => boolean; snapshot: boolean },
): Pick<Outcome, 'inserted' | 'updated' | 'deleted' | 'kept'> {
  const counts = { inserted: 0, updated: 0, deleted: 0, kept: 0 };
  const release = ++model.release;
  const end = (code: string, old: Stored) => model.history.push({ code, ...old, until: release });
  for (const [code, old] of [...model.live]) {
    const row = accepted.get(code);
    const leftOut = snapshot && mine(old.part) && row === undefined;
    if (leftOut && named.has(code)) counts.kept++;
    if ((leftOut && !named.has(code)) || row?._op === 'delete') {
      end(code, old);
      model.live.delete(code);
      counts.deleted++;
    }
  }
  for (const [code, { part, name, _op }] of accepted) {
    if (_op === 'delete') continue;
    const old = model.live.get(code);
    if (old?.part === part && old.name === name) continue;
    if (old === undefined) counts.inserted++;
    else {
      end(code, old);
      counts.updated++;
    }
    model.live.set(code, { part, name, since: release });
  }
  return counts;
}
