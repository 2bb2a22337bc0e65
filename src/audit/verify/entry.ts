import canonicalize from 'canonicalize';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const FIELDS =
  'accesses actor answerDigest event node outcome queryDigest request salt sealedDigest subjectsRoot time v'.split(' ');

export interface OpenEntry {
  time: string;
  answerDigest: string | null;
  /** What an entry `origin.began` says; undefined for every other. */
  began: BegunHistory | undefined;
}

/** The name under which the log goes on, and where the one before it ended. */
export interface BegunHistory {
  name: string;
  previous: { name: string; size: number; root: string };
}

/** The open part from its bytes. Throws Error naming the fault: not canonical (RFC 8785), or not an entry. */
export function openEntry(bytes: Buffer): OpenEntry {
  const entry = parse(bytes);
  for (const field of FIELDS) if (!(field in entry)) throw new Error(`the entry has no ${field}`);
  const { v, time, answerDigest, event, detail } = entry;
  if (v !== 1) throw new Error('the entry is of an unknown version');
  if (typeof time !== 'string' || !TIME.test(time) || Number.isNaN(Date.parse(time)))
    throw new Error('the entry has no time');
  if (answerDigest !== null && typeof answerDigest !== 'string') throw new Error('the entry has a bad answerDigest');
  return { time, answerDigest, began: event === 'origin.began' ? begunHistory(detail) : undefined };
}

function begunHistory(detail: unknown): BegunHistory {
  const { origin } = isRecord(detail) ? detail : {};
  const { name, previous } = isRecord(origin) ? origin : {};
  const { name: before, size, root } = isRecord(previous) ? previous : {};
  if (typeof name !== 'string' || typeof before !== 'string' || typeof size !== 'number' || typeof root !== 'string')
    throw new Error('the entry does not name the origin before it');
  return { name, previous: { name: before, size, root } };
}

function parse(bytes: Buffer): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Error('the entry is not JSON');
  }
  if (canonicalForm(value) !== text) throw new Error('the entry is not in canonical form');
  if (!isRecord(value)) throw new Error('the entry is not an object');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function canonicalForm(value: unknown): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined;
  }
}
