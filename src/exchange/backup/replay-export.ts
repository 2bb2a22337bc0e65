import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import { listedEntries } from '../../access/policy/proof/policy-entries.js';
import { readRecords } from '../../access/policy/proof/read-records.js';
import { closeBatch, insertBatch } from '../../audit/batch.js';
import type { Encoded } from '../../audit/encode.js';
import { EMPTY_STATE, type LogState, readState } from '../../audit/log-state.js';
import { checkpointBody, signNote, verifierKey } from '../../audit/tree/note.js';
import { rootOf } from '../../audit/tree/tree.js';
import { exportedEntries, verifyExport } from '../../audit/verify/export.js';
import type { Clock } from '../../platform/clock.js';

/** A policy record that the log has and no backup: it opens nothing. */
export interface ClosedRecord {
  kind: string;
  id: string;
}

export interface Replayed {
  entries: number;
  closed: ClosedRecord[];
}

interface Replaying {
  /** In the transaction that restored the log. */
  client: pg.ClientBase;
  clock: Clock;
  /** Of `exchange audit export`. */
  directory: string;
  /** Name of the log in its checkpoints. */
  origin: string;
  signer: KeyObject;
}

interface ExportedEntry {
  time: string;
  event: string;
  actor: { application: string } | null;
  detail?: { record?: object };
}

/**
 * Appends the entries of an export that the restored log does not have, after it verified that the log is a beginning of the export. An export has
 * the open parts alone: sealed parts, documents of policy records and data are lost, and each record whose document is lost opens nothing. Throws
 * Error, Broken or LogFault.
 */
export async function replayExport({ client, clock, directory, origin, signer }: Replaying): Promise<Replayed> {
  const found = await verifyExport(directory, verifierKey(origin, signer));
  const { size, root } = found;
  let state = await readState(client, EMPTY_STATE);
  const from = state.tree.size;
  if (size <= from) return { entries: 0, closed: [] };
  for await (const { time, entries, policy } of batchesOf(exportedEntries(directory, from, size))) {
    state = await append(client, state, { clock, time, entries, policy });
  }
  if (state.tree.size !== size || !rootOf(state.tree.edge).equals(root)) {
    throw new Error(`The log of the backup (${from} entries) is not a beginning of the export in ${directory}.`);
  }
  const note = signNote(checkpointBody(found.origin, size, root), found.origin, signer); // the same that the export has
  await client.query('INSERT INTO audit.checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING', [size, note]);
  const records = await readRecords(client, await listedEntries(client, from, size));
  const closed = new Map<string, ClosedRecord>();
  for (const { kind, id, document } of records) {
    if (document === undefined) closed.set(`${kind} ${id}`, { kind, id });
  }
  return { entries: size - from, closed: [...closed.values()] };
}

interface ExportedBatch {
  /** RFC 3339, of all its entries. */
  time: string;
  entries: Encoded[];
  /** It changes the policy. */
  policy: boolean;
}

/** Entries of one commit have one time. */
async function* batchesOf(exported: AsyncIterable<Buffer>): AsyncGenerator<ExportedBatch> {
  let batch: ExportedBatch | undefined;
  for await (const bytes of exported) {
    const { time, event, actor, detail } = JSON.parse(bytes.toString()) as ExportedEntry; // verified
    if (batch !== undefined && batch.time !== time) {
      yield batch;
      batch = undefined;
    }
    batch ??= { time, entries: [], policy: false };
    batch.policy ||= detail?.record !== undefined;
    batch.entries.push({
      leafInput: Buffer.concat([Buffer.from([0]), bytes]),
      sealed: Buffer.alloc(0),
      blind: Buffer.alloc(0),
      application: actor?.application ?? null,
      event,
      epoch: undefined,
      notAfter: undefined,
    });
  }
  if (batch !== undefined) yield batch;
}

async function append(
  client: pg.ClientBase,
  before: LogState,
  { clock, time, entries, policy }: ExportedBatch & { clock: Clock },
): Promise<LogState> {
  const batch = closeBatch(entries, before, { id: clock.uuid(), now: Date.parse(time), policy });
  if (await insertBatch(client, { ...batch, sentAt: clock.now() })) return batch.after;
  throw new Error("The entries of the export can't be appended: this machine's clock is not the database's.");
}
