import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import { verifierKey } from '../../audit/tree/note.js';
import { leafHashes } from '../../audit/tree/stored-tree.js';
import { rootOf, splitHashes } from '../../audit/tree/tree.js';
import { GrowingTree } from '../../audit/verify/growing-tree.js';
import { openCheckpoint, parseVerifierKey, type SignedCheckpoint } from '../../audit/verify/note.js';

/** What a log comes to, from its entries. */
export interface CheckedLog {
  size: number;
  /** base64. */
  root: string;
  /** Name in its newest checkpoint; null before the first. */
  origin: string | null;
}

const AT_ONCE = 4_096;

/**
 * Builds the tree of the log from all its entries, as this transaction sees them, and compares it with the head and with the newest checkpoint.
 * Throws Error that names what does not agree.
 */
export async function checkLog(client: pg.ClientBase, signer: KeyObject): Promise<CheckedLog> {
  const { rows: heads } = await client.query<{ next: string; edge: Buffer }>(
    'SELECT next, edge FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  const size = Number(heads[0]?.next ?? 0);
  const checkpoint = await newestCheckpoint(client, signer);
  const tree = new GrowingTree();
  await grow(client, tree, Math.min(checkpoint?.size ?? 0, size));
  if (checkpoint !== undefined && (checkpoint.size > size || !tree.root().equals(checkpoint.root))) {
    throw new Error(`The audit log is damaged: its entries do not give the root signed for size ${checkpoint.size}.`);
  }
  await grow(client, tree, size);
  if (heads[0] !== undefined && !tree.root().equals(rootOf(splitHashes(heads[0].edge)))) {
    throw new Error(`The audit log is damaged: its entries do not give its head of ${size}.`);
  }
  return { size, root: tree.root().toString('base64'), origin: checkpoint?.origin ?? null };
}

async function grow(client: pg.ClientBase, tree: GrowingTree, size: number): Promise<void> {
  while (tree.size < size) {
    for (const leaf of await leafHashes(client, tree.size, Math.min(AT_ONCE, size - tree.size))) tree.push(leaf);
  }
}

async function newestCheckpoint(client: pg.ClientBase, signer: KeyObject): Promise<SignedCheckpoint | undefined> {
  const { rows } = await client.query<{ note: string }>(
    'SELECT note FROM audit.checkpoint ORDER BY size DESC, signed_at DESC LIMIT 1',
  );
  const note = rows[0]?.note;
  if (note === undefined) return undefined;
  const [origin = ''] = note.split('\n');
  try {
    return openCheckpoint(note, parseVerifierKey(verifierKey(origin, signer)));
  } catch {
    throw new Error(
      `The newest checkpoint of ${origin} is not signed by the key of these keys: they are of another log.`,
    );
  }
}
