import type { Access } from '../../access/policy/decision.js';
import type { ProxySource } from '../../catalog/source-terms.js';
import type { Validator } from '../../ingest/judge/validator.js';
import { readLiveRow } from '../../ingest/publish/live-row.js';
import type { RowError } from '../../ingest/readers/source.js';
import { type Fault, Problem } from '../../platform/errors.js';
import { atPointer } from '../../platform/json-pointer.js';
import type { Keys } from '../../platform/keys/keys.js';

/**
 * A reply that breaks the contract. Message and faults are for the caller; `reason` names every field, for the sealed
 * part.
 */
export class BrokenReply extends Problem {
  readonly reason: string;

  constructor(detail: string, reason: string, faults: readonly Fault[] = []) {
    super('upstream-failed', detail, { faults });
    this.reason = reason;
  }
}

/**
 * The row for one key in a reply, as a record of the table; undefined if there is none, or none for this caller.
 * @throws BrokenReply if it does not match the contract
 */
export function readReply(
  reply: unknown,
  source: ProxySource,
  asked: { validator: Validator; keys: Pick<Keys, 'rowId'>; access: Access; rowNumber: string },
): Record<string, unknown> | undefined {
  const row = rowIn(reply, source.rows);
  if (row === undefined) return undefined;
  const read = readLiveRow(asked.validator, row, asked);
  if (read.outcome === 'row') return read.record;
  if (read.outcome === 'broken') throw brokenRow(read.errors, asked.access);
  return undefined;
}

function rowIn(reply: unknown, pointer: string): unknown {
  if (typeof reply !== 'object' || reply === null) throw broken('the reply is no JSON object');
  const found = atPointer(reply, pointer);
  if (found === undefined || found === null) return undefined;
  if (!Array.isArray(found)) return found;
  if (found.length > 1) throw broken('more than one row for a key');
  return found[0] ?? undefined;
}

function broken(what: string): BrokenReply {
  return new BrokenReply(`The department's system does not answer as the contract says: ${what}.`, what);
}

/** The caller must not learn what is wrong with a field that its grant does not give (invariant 3). */
function brokenRow(errors: readonly RowError[], { fields }: Access): BrokenReply {
  const faults = errors.map(({ field, rule, reason }): Fault => {
    if (field !== null && !fields.has(field)) return { reason: 'a field that is not granted breaks the contract' };
    return { ...(field === null ? {} : { parameter: field }), reason: `${rule}: ${reason}` };
  });
  const told = errors.filter(({ field }) => field === null || fields.has(field)).map(nameOf);
  const which = told.length === 0 ? 'a field' : told.join(', ');
  return new BrokenReply(
    `The department's system gave a row that breaks the contract: ${which}.`,
    `broken row: ${errors.map(nameOf).join(', ')}`,
    faults,
  );
}

const nameOf = ({ field, rule }: RowError): string => (field === null ? rule : `${field} (${rule})`);
