import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type pg from 'pg';
import type { Actor, AuditEvent, Draft, Receipt } from '../../audit/entry.js';
import type { AuditLog } from '../../audit/log.js';
import { enterChanges } from '../../audit/recorded.js';
import { itemAt, known } from '../../platform/known.js';

const RECORD_KINDS = [
  'contract',
  'publisher',
  'purpose',
  'application',
  'grant',
  'code-list',
  'upstream',
  'origin',
  'person',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Events that may carry a record of each kind. A record whose entry has another event opens nothing. */
export const RECORD_EVENTS: Readonly<Record<RecordKind, readonly AuditEvent[]>> = {
  contract: ['contract.published'],
  publisher: ['publisher.registered'],
  purpose: ['purpose.registered'],
  application: ['application.registered', 'application.disabled', 'application.reopened', 'key.added', 'key.revoked'],
  grant: ['grant.issued', 'grant.renewed', 'grant.suspended', 'grant.resumed', 'grant.revoked', 'grant.reopened'],
  'code-list': ['code-list.changed'],
  upstream: ['upstream.approved', 'upstream.withdrawn', 'upstream.reopened'],
  origin: ['origin.began'],
  person: [
    'person.registered',
    'person.proposed',
    'person.confirmed',
    'person.refused',
    'person.enrolled',
    'person.disabled',
    'person.recovered',
    'person.reopened',
  ],
};

/** What an entry says about the record that it makes valid, in `detail.record`. `hash` is SHA-256 (hex) of the canonical document. */
export interface RecordMark {
  kind: RecordKind;
  id: string;
  version: number;
  hash: string;
}

export interface NewRecord {
  kind: RecordKind;
  id: string;
  /** JSON, without its version: the record carries that. */
  document: unknown;
  event: AuditEvent;
  /** What the entry's detail says beside the mark. */
  facts?: Readonly<Record<string, unknown>>;
  actor: Actor | null;
  /** UUID of the request. */
  request: string;
  /** The policy epoch of the decision. The append refuses (`conflict`) where another change came between. */
  epoch?: number;
}

/**
 * Writes new versions of policy records and their entries, in the caller's transaction, which commits right after. The append comes before the
 * insert, because a record names the index of its entry; the log's lock is held one statement longer. Nobody sees either before the commit. Versions
 * count from 1 under a lock on each record.
 */
export async function writeRecords(
  tx: pg.ClientBase,
  log: AuditLog,
  records: readonly NewRecord[],
): Promise<{ epoch: number; receipts: Receipt[]; versions: number[] }> {
  const documents = records.map((record) => canonical(record.document));
  const versions = await nextVersions(tx, records);
  const drafts = records.map((record, i) => draftOf(record, itemAt(documents, i), itemAt(versions, i)));
  const { receipts, epoch } = await enterChanges(log, tx, drafts);
  await tx.query(
    `INSERT INTO exchange.policy_record (kind, id, version, document, entry_index)
     SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[])`,
    [
      records.map((record) => record.kind),
      records.map((record) => record.id),
      versions,
      documents,
      receipts.map((receipt) => receipt.index),
    ],
  );
  return { epoch, receipts, versions };
}

/** Canonical JSON (RFC 8785) of a document. Throws TypeError on what JSON cannot hold. */
function canonical(document: unknown): string {
  const text = canonicalize(document);
  if (text === undefined) throw new TypeError('A policy record needs a JSON document.');
  return text;
}

/** SHA-256 (hex) of canonical text. */
export function recordHash(document: string): string {
  return hash('sha256', document, 'hex');
}

function draftOf(record: NewRecord, document: string, version: number): Draft {
  if (!RECORD_EVENTS[record.kind].includes(record.event)) {
    throw new TypeError(`The event ${record.event} does not carry a record of kind ${record.kind}.`);
  }
  const mark: RecordMark = { kind: record.kind, id: record.id, version, hash: recordHash(document) };
  return {
    request: record.request,
    event: record.event,
    outcome: 'success',
    actor: record.actor,
    accesses: [],
    sealed: { ask: null },
    detail: { ...record.facts, record: mark },
    ...(record.epoch === undefined ? {} : { epoch: record.epoch }),
  };
}

/** Locks the records by name and returns their next versions. The order is fixed, so two writers of one set cannot deadlock. */
async function nextVersions(tx: pg.ClientBase, records: readonly NewRecord[]): Promise<number[]> {
  const names = records.map((record) => `${record.kind}/${record.id}`);
  await tx.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('exchange.policy_record/' || name, 0))
     FROM (SELECT DISTINCT name FROM unnest($1::text[]) AS name ORDER BY name) AS names`,
    [names],
  );
  const { rows } = await tx.query<{ name: string; version: number | null }>(
    `SELECT w.kind || '/' || w.id AS name,
            (SELECT max(r.version) FROM exchange.policy_record r WHERE r.kind = w.kind AND r.id = w.id) AS version
     FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS w (kind, id)) AS w`,
    [records.map((record) => record.kind), records.map((record) => record.id)],
  );
  const newest = new Map(rows.map((row) => [row.name, row.version ?? 0]));
  return names.map((name) => {
    const version = known(newest, name) + 1;
    newest.set(name, version);
    return version;
  });
}
