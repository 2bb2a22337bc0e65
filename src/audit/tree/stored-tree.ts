import type pg from 'pg';
import type { ReadHashes } from './proof.js';
import { perfectRoot, splitHashes, TILE_WIDTH, type Tree, treeOf } from './tree.js';

/** The part that `pg.Pool` and `pg.Client` share. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** Most tile roots that one reader caches: 32 bytes each, they never change. */
const ROOTS_KEPT = 1 << 16;

/** Reads hashes from the database: full tiles; the rest, and tiles that are gone, from entries or lower tiles. */
export function storedHashes(database: Queryable): ReadHashes {
  const roots = new Map<string, Buffer>();

  async function tile(level: number, n: number): Promise<Buffer[] | undefined> {
    const text = 'SELECT hashes FROM audit.tile WHERE level = $1 AND n = $2';
    const { rows } = await database.query<{ hashes: Buffer }>(text, [level, n]);
    return rows[0] === undefined ? undefined : splitHashes(rows[0].hashes);
  }

  async function tileRoots(level: number, first: number, count: number): Promise<Buffer[]> {
    const wanted = Array.from({ length: count }, (_, i) => first + i);
    if (wanted.some((n) => !roots.has(`${level}/${n}`))) {
      const text = 'SELECT n, hashes FROM audit.tile WHERE level = $1 AND n >= $2 AND n < $3';
      const { rows } = await database.query<{ n: string; hashes: Buffer }>(text, [level, first, first + count]);
      if (roots.size + rows.length > ROOTS_KEPT) roots.clear();
      for (const row of rows) roots.set(`${level}/${row.n}`, perfectRoot(splitHashes(row.hashes)));
    }
    const found: Buffer[] = [];
    for (const n of wanted) found.push(roots.get(`${level}/${n}`) ?? (await derivedRoot(level, n)));
    return found;
  }

  async function derivedRoot(level: number, n: number): Promise<Buffer> {
    const first = n * TILE_WIDTH;
    const below = level === 0 ? leafHashes(database, first, TILE_WIDTH) : tileRoots(level - 1, first, TILE_WIDTH);
    return perfectRoot(await below);
  }

  return async (level, first, count) => {
    if (count === 0) return [];
    if (level > 0 && count <= 2) return tileRoots(level - 1, first, count);
    const n = Math.floor(first / TILE_WIDTH);
    const full = await tile(level, n);
    if (full !== undefined) return full.slice(first - n * TILE_WIDTH, first - n * TILE_WIDTH + count);
    return level === 0 ? leafHashes(database, first, count) : tileRoots(level - 1, first, count);
  };
}

/** Leaf hashes, computed by PostgreSQL's SHA-256: 32 bytes per entry travel, not its text. */
export async function leafHashes(database: Queryable, first: number, count: number): Promise<Buffer[]> {
  const text = `SELECT sha256('\\x00'::bytea || bytes) AS leaf FROM audit.entry WHERE index >= $1 AND index < $2 ORDER BY index`;
  const { rows } = await database.query<{ leaf: Buffer }>(text, [first, first + count]);
  return rows.length === count ? rows.map((row) => row.leaf) : missing(0, first + rows.length);
}

/** The log is shorter, or entries of it are gone. */
export class MissingHash extends RangeError {}

function missing(level: number, n: number): never {
  throw new MissingHash(`the log has no hash ${n} at level ${level}`);
}

/** The tree of the first `size` entries, read from the database. */
export async function loadTree(database: Queryable, size: number): Promise<Tree> {
  const read = storedHashes(database);
  const pending: (readonly Buffer[])[] = [];
  for (let unit = 1; unit <= size; unit *= TILE_WIDTH) {
    const whole = Math.floor(size / unit);
    const held = whole % TILE_WIDTH;
    pending.push(await read(pending.length, whole - held, held));
  }
  return treeOf(size, pending);
}
