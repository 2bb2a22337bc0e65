import type pg from 'pg';
import { inclusionProof, rootAt } from '../../../audit/tree/proof.js';
import { loadTree, storedHashes } from '../../../audit/tree/stored-tree.js';
import { extend, rootOf, splitHashes } from '../../../audit/tree/tree.js';
import { openCheckpoint, parseVerifierKey } from '../../../audit/verify/note.js';
import { includes } from '../../../audit/verify/proof.js';
import { findAltered } from './find-altered.js';
import { listedEntries, type PolicyEntry, scannedEntries } from './policy-entries.js';
import { PolicyFault } from './policy-fault.js';
import { digestOf, NOTHING_PROVED, type Proved } from './proved.js';

/** The newest batch of the log. */
export interface PolicyHead {
  next: number;
  epoch: number;
  /** Right edge of the tree, largest subtree first. */
  edge: Buffer;
}

/** Policy entries in log order, with what is proved after them. */
export interface ProvedEntries {
  entries: PolicyEntry[];
  proved: Proved;
}

/**
 * At a start: the whole policy. The log is under its newest signed checkpoint; what `known` says was proved must have its digest still; every newer
 * entry is hashed again. No column beside the hashed bytes decides. Throws PolicyFault naming the entry.
 */
export async function proveAll(
  client: pg.ClientBase,
  head: PolicyHead,
  { known, vkey }: { known: Proved; vkey: string },
): Promise<ProvedEntries> {
  await refuseBeyond(client, head.next);
  await proveCheckpoint(client, head.next, vkey);
  const listed = known.size > 0 && known.size <= head.next ? await listedEntries(client, 0, known.size) : [];
  const intact = known.size > 0 && known.size <= head.next && digestOf('', listed) === known.digest;
  const before = intact ? { entries: listed, proved: known } : { entries: [], proved: NOTHING_PROVED };
  const { entries, proved } = await scan(client, head, before.proved);
  const all = [...before.entries, ...entries];
  const batches = await batchesOf(client, all);
  if (batches > head.epoch) throw new PolicyFault(`the head says epoch ${head.epoch}, the entries say ${batches}`);
  return { entries: all, proved };
}

/**
 * While a node runs: the policy entries since `known`. Each is proved by its path in the tree. Where fewer batches have one than the epoch says, all
 * entries since then are hashed again, so that none is left out. Throws PolicyFault naming the entry.
 */
export async function proveNewer(
  client: pg.ClientBase,
  head: PolicyHead,
  { known, epoch }: { known: Proved; epoch: number },
): Promise<ProvedEntries> {
  const entries = await listedEntries(client, known.size, head.next);
  if ((await batchesOf(client, entries)) !== head.epoch - epoch) return scan(client, head, known);
  const read = storedHashes(client);
  const at = { size: head.next, root: rootOf(splitHashes(head.edge)) };
  for (const { index, leaf } of entries) {
    const path = await inclusionProof(read, index, head.next);
    if (!includes(leaf, path, { ...at, index })) throw new PolicyFault(`entry ${index} is not the one that was hashed`);
  }
  return { entries, proved: { size: head.next, digest: digestOf(known.digest, entries) } };
}

async function scan(client: pg.ClientBase, head: PolicyHead, known: Proved): Promise<ProvedEntries> {
  const entries: PolicyEntry[] = [];
  let tree = await loadTree(client, known.size);
  for await (const chunk of scannedEntries(client, known.size, head.next)) {
    tree = extend(tree, chunk.leaves).tree;
    entries.push(...chunk.entries);
  }
  const whole = tree.size === head.next && Buffer.concat([...tree.edge]).equals(head.edge);
  if (!whole) throw new PolicyFault(await findAltered(client, known.size, head.next));
  return { entries, proved: { size: head.next, digest: digestOf(known.digest, entries) } };
}

/** Nobody but the log writes entries, and it writes a batch with them. */
async function refuseBeyond(client: pg.ClientBase, next: number): Promise<void> {
  const text = 'SELECT min(index)::text AS index FROM audit.entry WHERE index >= $1';
  const { rows } = await client.query<{ index: string | null }>(text, [next]);
  const index = rows[0]?.index ?? null;
  if (index !== null) throw new PolicyFault(`entry ${index} is in no batch`);
}

async function proveCheckpoint(client: pg.ClientBase, next: number, vkey: string): Promise<void> {
  const key = parseVerifierKey(vkey);
  const { rows } = await client.query<{ note: string }>(
    'SELECT note FROM audit.checkpoint WHERE starts_with(note, $1) AND size <= $2 ORDER BY size DESC LIMIT 1',
    [`${key.name}\n`, next],
  );
  const note = rows[0]?.note;
  if (note === undefined) return; // nothing was signed yet
  const { size, root } = attempt(() => openCheckpoint(note, key));
  if (!(await rootAt(storedHashes(client), size)).equals(root)) {
    const named = await findAltered(client, 0, size);
    throw new PolicyFault(`${named}, and the checkpoint of ${size} entries signs others`);
  }
}

function attempt<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new PolicyFault(error instanceof Error ? error.message : String(error));
  }
}

/** The batches that the entries are in: each raised the epoch by one. */
async function batchesOf(client: pg.ClientBase, entries: readonly PolicyEntry[]): Promise<number> {
  const { rows } = await client.query<{ batches: number }>(
    `SELECT count(DISTINCT b.first)::int AS batches FROM unnest($1::bigint[]) AS i,
     LATERAL (SELECT first FROM audit.batch WHERE first <= i ORDER BY first DESC LIMIT 1) AS b`,
    [entries.map(({ index }) => index)],
  );
  return rows[0]?.batches ?? 0;
}
