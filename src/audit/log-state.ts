import { Problem } from '../platform/errors.js';
import { leafHashes, loadTree, type Queryable } from './tree/stored-tree.js';
import { EMPTY_TREE, extend, type Tree } from './tree/tree.js';

/** Advisory lock of the log, one per database: held from reading the head until the commit. */
export const LOG_LOCK = 4_854_261_300;

/** Everything that the next batch builds on. */
export interface LogState {
  tree: Tree;
  epoch: number;
  /** ms since the epoch. */
  lastTime: number;
}

export const EMPTY_STATE: LogState = { tree: EMPTY_TREE, epoch: 0, lastTime: 0 };

/** A gap of up to this many entries is read entry by entry, a larger one from tiles. */
const WALK_LIMIT = 4_096;

interface HeadRow {
  next: string;
  edge: Buffer;
  last_time: string;
  policy_epoch: string;
}

const HEAD = 'SELECT next, edge, last_time, policy_epoch FROM audit.batch ORDER BY first DESC LIMIT 1';

/** The state of the log in this transaction, starting from a known one. Throws where tiles and edge disagree. */
export async function readState(database: Queryable, known: LogState): Promise<LogState> {
  const { rows } = await database.query<HeadRow>({ name: 'audit-head', text: HEAD });
  const row = rows[0];
  if (row === undefined) return EMPTY_STATE;
  const next = Number(row.next);
  const tree = await treeAt(database, known.tree, next);
  if (!Buffer.concat([...tree.edge]).equals(row.edge)) {
    throw new Problem('audit-unavailable', `The audit log is damaged: its entries do not give the head of ${next}`);
  }
  return { tree, epoch: Number(row.policy_epoch), lastTime: Number(row.last_time) };
}

async function treeAt(database: Queryable, known: Tree, next: number): Promise<Tree> {
  if (next === known.size) return known;
  const gap = next - known.size;
  if (gap < 0 || gap > WALK_LIMIT) return loadTree(database, next);
  return extend(known, await leafHashes(database, known.size, gap)).tree;
}
