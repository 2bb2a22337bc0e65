import type { Permit } from '../access/policy/decision.js';
import type { EntryAccess } from '../audit/entry.js';
import { packRowIds } from './linkage.js';
import type { Plan } from './plan.js';
import type { Row } from './shape.js';

/** Rows of one ask, ready to leave: masked, in order, bounded. */
export interface Rows {
  permit: Permit;
  /** Release of the root dataset, from the same statement; null if it is asked live. */
  release: number | null;
  /** Releases of all datasets involved, in the order of the permit's accesses. */
  releases: readonly (number | null)[];
  length: number;
  /** JSON text of row i, `{"_id":…}`; REST sends no other text. */
  json(i: number): string;
  /** The same row as an object (nested relations are objects or null), for GraphQL resolvers. */
  object(i: number): Record<string, unknown>;
  /** page: known from one row more than the limit. */
  hasMore: boolean;
  /** page: opaque cursor after row i. */
  cursor(i: number): string;
  /** page: as requested; null if count is none. */
  count: number | { atLeast: number } | null;
  /** keys: index of the row for the k-th key, or -1. */
  ofKey(k: number): number;
  /** Packed row_id (16 bytes each) of the rows that leave, by access of the permit's tree, in its order. */
  packed(): Buffer[];
  /** What the entry says of each access. */
  entries(): EntryAccess[];
}

/** The result of a statement for one ask. There is always a first row: it has the releases. */
export interface Fetched {
  plan: Plan;
  permit: Permit;
  head: Row;
  rows: readonly Row[];
  hasMore: boolean;
  count: Rows['count'];
  /** keys: row index for each key. */
  answers: readonly number[];
  seal: (row: Row) => string;
}

/** One object per answer and no closure per row: this is the hot path. */
export class FetchedRows implements Rows {
  readonly releases: readonly (number | null)[];
  readonly #fetched: Fetched;
  readonly #packed: readonly Buffer[];
  readonly #ids: readonly (readonly string[])[];

  constructor(fetched: Fetched) {
    const { plan, rows, head } = fetched;
    this.#fetched = fetched;
    this.#packed = plan.nodes.map((node) => packRowIds(rows, node.rowId));
    this.#ids = plan.nodes.map((node, n) => sealedIds(rows, node.rowId, plan.linkages[n]!.seal(this.#packed[n]!)));
    this.releases = plan.accesses.map(({ releaseColumn, live }) => (live ? null : Number(head[releaseColumn])));
  }
  get permit(): Permit {
    return this.#fetched.permit;
  }
  get release(): number | null {
    return this.releases[0] ?? null;
  }
  get length(): number {
    return this.#fetched.rows.length;
  }
  get hasMore(): boolean {
    return this.#fetched.hasMore;
  }
  get count(): Rows['count'] {
    return this.#fetched.count;
  }
  json(i: number): string {
    return this.#fetched.plan.write(this.#fetched.rows[i]!, this.#ids, i);
  }
  object(i: number): Record<string, unknown> {
    return this.#fetched.plan.read(this.#fetched.rows[i]!, this.#ids, i);
  }
  cursor(i: number): string {
    return this.#fetched.seal(this.#fetched.rows[i]!);
  }
  ofKey(k: number): number {
    return this.#fetched.answers[k] ?? -1;
  }
  packed(): Buffer[] {
    return this.#fetched.plan.accesses.map(({ node }) => (node < 0 ? NONE : this.#packed[node]!));
  }
  entries(): EntryAccess[] {
    return this.#fetched.plan.accesses.map(({ entry, node }, a) => ({
      // Member by member: spreading ten members for each answer is slow.
      dataset: entry.dataset,
      major: entry.major,
      grant: entry.grant,
      version: entry.version,
      purpose: entry.purpose,
      decision: entry.decision,
      fields: entry.fields,
      masks: entry.masks,
      release: this.releases[a]!,
      rows: node < 0 ? 0 : this.#packed[node]!.length / 16,
      template: entry,
    }));
  }
}

const NONE = Buffer.alloc(0);

/** 22 characters of base64url for each row that has the node. */
function sealedIds(rows: readonly Row[], column: number, sealed: Buffer): string[] {
  let at = 0;
  return rows.map((row) => {
    if (row[column] === null) return '';
    const id = sealed.toString('base64url', at, at + 16);
    at += 16;
    return id;
  });
}
