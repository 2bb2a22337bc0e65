import canonicalize from 'canonicalize';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const FIELDS =
  'accesses actor answerDigest event node outcome queryDigest request salt sealedDigest subjectsRoot time v'.split(' ');

export interface OpenEntry {
  time: string;
  answerDigest: string | null;
}

/** The open part from its bytes. Throws Error naming the fault: not canonical (RFC 8785), or not an entry. */
export function openEntry(bytes: Buffer): OpenEntry {
  const entry = parse(bytes);
  for (const field of FIELDS) if (!(field in entry)) throw new Error(`the entry has no ${field}`);
  const { v, time, answerDigest } = entry;
  if (v !== 1) throw new Error('the entry is of an unknown version');
  if (typeof time !== 'string' || !TIME.test(time) || Number.isNaN(Date.parse(time)))
    throw new Error('the entry has no time');
  if (answerDigest !== null && typeof answerDigest !== 'string') throw new Error('the entry has a bad answerDigest');
  return { time, answerDigest };
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
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('the entry is not an object');
  return value as Record<string, unknown>;
}

function canonicalForm(value: unknown): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined;
  }
}
