import type { KeyObject } from 'node:crypto';
import { EMPTY_STATE, LOG_LOCK, readState } from '../../audit/log-state.js';
import { type Origin, originName, originNumber, readOrigin } from '../../audit/origin/origins.js';
import { publishFirst } from '../../audit/origin/seen.js';
import { readSigned } from '../../audit/origin/signer-state.js';
import { rootOf } from '../../audit/tree/tree.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import type { By, ChangeDependencies } from '../policy/change-policy.js';
import { writeRecords } from '../policy/records.js';

export interface BegunOrigin extends Origin {
  name: string;
  /** Entries that are signed under the old origin and gone. */
  lost: number;
  /** Rows beyond the head that were moved away. */
  setAside?: number;
}

export interface OriginDraft {
  /** Name of the first origin of this installation. */
  base: string;
  /** Name of the origin that ends, where it has another base: the exchange was restored under another address. */
  previous?: string;
  reason: string;
  /** The entries are not those that this machine signed. */
  another?: boolean;
  keys: { directory: string; checkpointSigner: KeyObject };
}

/**
 * Begins a new origin on the log as the database has it, suspends all that grants access, and signs the first checkpoint. Running nodes stop, and
 * have to be started again.
 */
export async function beginOrigin(
  { database, log }: Pick<ChangeDependencies, 'database' | 'log'>,
  { base, previous, reason, another = false, keys }: OriginDraft,
  { actor, request }: By,
): Promise<BegunOrigin> {
  const signed = await readSigned(keys.directory);
  const { origin, size } = await inTransaction(database.app, async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(${LOG_LOCK})`);
    const { tree } = await readState(tx, EMPTY_STATE);
    const before = await readOrigin(tx);
    // The log that was lost may have had newer origins.
    const number = Math.max(before.number, signed === undefined ? 1 : originNumber(signed.origin)) + 1;
    const next: Origin = { number, common: tree.size };
    const document = {
      number: next.number,
      name: originName(base, next),
      previous: {
        name: previous ?? originName(base, before),
        size: tree.size,
        root: rootOf(tree.edge).toString('base64'),
      },
      signed: signed ?? null,
      another,
      reason,
    };
    const record = { kind: 'origin', id: String(next.number), document, event: 'origin.began' } as const;
    await writeRecords(tx, log, [{ ...record, actor, request, facts: { origin: document } }]);
    return { origin: next, size: tree.size };
  });
  const name = originName(base, origin);
  await publishFirst(
    { directory: keys.directory, origin: name, key: keys.checkpointSigner, database: database.app },
    size + 1,
  );
  return { ...origin, name, lost: Math.max((signed?.size ?? 0) - size, 0) };
}
