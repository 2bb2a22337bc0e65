import type { Subject } from '../../access/identity/subject.js';
import { actorOf, type Caller, type CallerRole, requireCaller } from '../../access/people/caller.js';
import type { Receipt } from '../../audit/entry.js';
import { readBundle, readEntry, type StoredEntry } from '../../audit/read-entries.js';
import { enter, recorded } from '../../audit/recorded.js';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';
import type { Recipient } from '../in-flight/recipient.js';

const AUDITORS: readonly CallerRole[] = ['auditor', 'security-auditor'];
const READERS: readonly CallerRole[] = ['application', ...AUDITORS];

/** The reader of the log, and the UUID of the request. */
export interface LogReader {
  subject: Subject;
  request: string;
  address: string;
  recipient?: Recipient | undefined;
}

/** Bytes of the log, and the receipt of the entry about this read. */
export interface LogReply {
  body: Buffer;
  receipt: Receipt;
}

/**
 * One entry as JSON, with its canonical bytes in base64. For the application that caused it, and for auditors.
 * @throws Problem unauthenticated, not-found (the same for a foreign index and an unknown one)
 */
export async function readLogEntry(exchange: Exchange, reader: LogReader, index: number): Promise<LogReply> {
  const entry = await visibleEntry(exchange, reader.subject, index);
  const { bytes } = entry;
  // The canonical bytes are JSON, so the reply contains them unchanged.
  const body = Buffer.from(`{"index":${index},"entry":${bytes.toString()},"bytes":"${bytes.toString('base64')}"}`);
  const authorise = () => visibleTo(requireCaller(exchange, reader.subject, READERS), entry);
  return leave(exchange, { reader, first: index, count: 1, body, authorise });
}

/** Entries from `first` on, as a C2SP bundle. For auditors. @throws Problem unauthenticated, forbidden, not-found */
export async function readLogBundle(
  exchange: Exchange,
  reader: LogReader,
  { first, count }: { first: number; count: number },
): Promise<LogReply> {
  const authorise = () => requireCaller(exchange, reader.subject, AUDITORS);
  authorise();
  const body = await readBundle(exchange.database.app, first, count);
  if (body === undefined) throw new Problem('not-found');
  return leave(exchange, { reader, first, count, body, authorise });
}

/**
 * The entry that a proof is about. The proof itself is public hashes (the tiles have them too) and is not recorded.
 * @throws as `readLogEntry`
 */
export async function visibleEntry(exchange: Exchange, subject: Subject, index: number): Promise<StoredEntry> {
  const caller = requireCaller(exchange, subject, READERS);
  const entry = await readEntry(exchange.database.app, index);
  if (entry === undefined) throw new Problem('not-found');
  visibleTo(caller, entry);
  return entry;
}

function visibleTo(caller: Caller, entry: StoredEntry): Caller {
  if (caller.kind === 'application' && entry.application === caller.id) return caller;
  if (caller.roles.some((role) => AUDITORS.includes(role))) return caller;
  throw new Problem('not-found');
}

interface Leaving {
  reader: LogReader;
  first: number;
  count: number;
  body: Buffer;
  /** Throws if the reader may not see it, by the index in force. */
  authorise(): Caller;
}

function leave(exchange: Exchange, { reader, first, count, body, authorise }: Leaving): Promise<LogReply> {
  const { subject } = reader;
  return recorded(exchange.policy, authorise, async (_caller, index) => {
    const { receipt, sentAt } = await enter(exchange.log, {
      request: reader.request,
      event: 'audit.read',
      outcome: 'success',
      actor: actorOf(subject, index),
      accesses: [],
      answer: body,
      sealed: { ask: { first, count }, address: reader.address },
      detail: { first, count },
      epoch: index.epoch,
      notAfter: subject.expiresAt * 1_000,
    });
    reader.recipient?.takes(body.length, sentAt);
    return { body, receipt };
  });
}
