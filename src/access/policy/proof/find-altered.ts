import type pg from 'pg';
import { leafHashes, loadTree } from '../../../audit/tree/stored-tree.js';
import { extend, perfectRoot, splitHashes, TILE_WIDTH } from '../../../audit/tree/tree.js';

/** Names the first entry from `from` on that is missing, or differs from its tile, or whose tile differs from the tile above. */
export async function findAltered(client: pg.ClientBase, from: number, below: number): Promise<string> {
  for (let n = Math.floor(from / TILE_WIDTH); n * TILE_WIDTH < below; n++) {
    const first = n * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, below - first);
    const { rows } = await client.query<{ index: string }>(
      'SELECT index::text FROM audit.entry e WHERE index >= $1 AND index < $2 ORDER BY e.index',
      [first, first + width],
    );
    if (rows.length < width) return `entry ${firstGap(rows, first)} is missing`;
    const leaves = await leafHashes(client, first, width);
    const tile = await tileOf(client, 0, n);
    if (tile === undefined) return inBatches(client, first, leaves);
    const wrong = leaves.findIndex((leaf, i) => tile[i]?.equals(leaf) !== true);
    if (wrong >= 0) return `entry ${first + wrong} is not the one that was hashed`;
    const above = await tileOf(client, 1, Math.floor(n / TILE_WIDTH));
    if (above?.[n % TILE_WIDTH]?.equals(perfectRoot(tile)) === false) {
      return `an entry from ${first} to ${first + width - 1} was changed together with its hash`;
    }
  }
  return `the entries from ${from} on do not give the head of ${below}`;
}

/** The last entries are in no full tile: the edge that each of their batches left shows the first that differs. */
async function inBatches(client: pg.ClientBase, from: number, leaves: readonly Buffer[]): Promise<string> {
  const { rows } = await client.query<{ first: string; next: string; edge: Buffer }>(
    'SELECT first::text, next::text, edge FROM audit.batch b WHERE next > $1 ORDER BY b.first',
    [from],
  );
  const before = await loadTree(client, from);
  const wrong = rows.find(({ next, edge }) => {
    const { tree } = extend(before, leaves.slice(0, Number(next) - from));
    return !Buffer.concat([...tree.edge]).equals(edge);
  });
  if (wrong === undefined) return `the entries from ${from} on do not give the head`;
  const [first, last] = [Math.max(from, Number(wrong.first)), Number(wrong.next) - 1];
  return first === last
    ? `entry ${first} is not the one that was hashed`
    : `an entry from ${first} to ${last} is not the one that was hashed`;
}

function firstGap(rows: readonly { index: string }[], first: number): number {
  const at = rows.findIndex(({ index }, i) => Number(index) !== first + i);
  return first + (at < 0 ? rows.length : at);
}

async function tileOf(client: pg.ClientBase, level: number, n: number): Promise<Buffer[] | undefined> {
  const text = 'SELECT hashes FROM audit.tile WHERE level = $1 AND n = $2';
  const { rows } = await client.query<{ hashes: Buffer }>(text, [level, n]);
  return rows[0] === undefined ? undefined : splitHashes(rows[0].hashes);
}
