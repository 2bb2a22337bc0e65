import type { IncomingHttpHeaders } from 'node:http';
import type { Subject } from '../access/identity/subject.js';
import { Problem } from '../platform/errors.js';
import type { Recipient } from './in-flight/recipient.js';

/** The caller, its purpose, and how the call is traced. The same from both doors. */
export interface Call {
  subject: Subject;
  /** UUID. */
  request: string;
  address: string;
  purpose: string | undefined;
  grant: string | undefined;
  caseNumber: string | undefined;
  operator: string | undefined;
  /** Undefined: the exchange itself asks. */
  recipient?: Recipient | undefined;
}

const PURPOSE = /^[a-z0-9-]{1,64}$/;
const GRANT = /^[A-Za-z0-9_-]{1,64}$/;
const STATED_AT_MOST = 200;

/**
 * Reads the identity headers of a data request. Case and operator are percent-encoded UTF-8 and are recorded as stated.
 * Throws Problem `bad-header`.
 */
export function callOf(
  headers: IncomingHttpHeaders,
  who: { subject: Subject; request: string; address: string; recipient?: Recipient | undefined },
): Call {
  const { subject, request, address, recipient } = who;
  return {
    subject,
    request,
    address,
    purpose: matching(headers, 'exchange-purpose', PURPOSE, 'a purpose code such as social-assistance-review'),
    grant: matching(headers, 'exchange-grant', GRANT, 'the id of a grant'),
    caseNumber: stated(headers, 'exchange-case'),
    operator: stated(headers, 'exchange-operator'),
    recipient,
  };
}

function matching(headers: IncomingHttpHeaders, name: string, pattern: RegExp, expected: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !pattern.test(value)) throw badHeader(name, expected);
  return value;
}

function stated(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  try {
    const text = decodeURIComponent(String(value)).trim();
    // No control or formatting characters: people read this text, and exports contain it.
    if (
      text !== '' &&
      text.length <= STATED_AT_MOST &&
      text.isWellFormed() &&
      !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)
    )
      return text;
  } catch {
    // not percent-encoded UTF-8: refused below
  }
  throw badHeader(name, `percent-encoded UTF-8 text of at most ${STATED_AT_MOST} characters`);
}

function badHeader(name: string, expected: string): Problem {
  return new Problem('bad-header', `The header ${name} is malformed.`, {
    faults: [{ parameter: name, reason: 'malformed', expected }],
  });
}
