import { LogFault } from './origin/log-fault.js';
import { leafHashes, loadTree, MissingHash, type Queryable } from './tree/stored-tree.js';
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

/** The state of the log in this transaction, starting from a known one. Throws LogFault where the log does not extend the known one. */
export async function readState(database: Queryable, known: LogState): Promise<LogState> {
  const { rows } = await database.query<HeadRow>({ name: 'audit-head', text: HEAD });
  const row = rows[0];
  const next = Number(row?.next ?? 0);
  if (next < known.tree.size) throw LogFault.shorter(next, known.tree.size, 'this node');
  if (row === undefined) return EMPTY_STATE;
  const tree = await treeAt(database, known.tree, next);
  if (tree === undefined || !edgeOf(tree).equals(row.edge)) throw await faultAt(database, row, known.tree);
  return { tree, epoch: Number(row.policy_epoch), lastTime: Number(row.last_time) };
}

/** The right edge as stored: it commits to every entry. */
export function edgeOf(tree: Tree): Buffer {
  return Buffer.concat([...tree.edge]);
}

/** Undefined where hashes are missing. */
async function treeAt(database: Queryable, known: Tree, next: number): Promise<Tree | undefined> {
  const gap = next - known.size;
  try {
    if (gap === 0) return known;
    if (gap > WALK_LIMIT) return await loadTree(database, next);
    return extend(known, await leafHashes(database, known.size, gap)).tree;
  } catch (error) {
    if (error instanceof MissingHash) return undefined;
    throw error;
  }
}

/** A log that is whole by itself has another history than ours; else it is damaged. */
async function faultAt(database: Queryable, { next, edge }: HeadRow, known: Tree): Promise<LogFault> {
  const whole = await treeAt(database, EMPTY_TREE, Number(next));
  return whole !== undefined && edgeOf(whole).equals(edge)
    ? LogFault.other(known.size, 'this node')
    : LogFault.damaged(Number(next));
}
