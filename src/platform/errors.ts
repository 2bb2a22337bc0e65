/** The closed register of error codes (RFC 9457 problems). A test keeps register, documentation and replies equal. */
export const PROBLEMS = {
  'unknown-parameter': { status: 400, title: 'A parameter is not known here' },
  'repeated-parameter': { status: 400, title: 'A parameter appears more than once' },
  'bad-value': { status: 400, title: 'A value has the wrong form' },
  'unknown-field': { status: 400, title: 'The dataset has no such field' },
  'unknown-operator': { status: 400, title: 'The operator is not known, or not for this type' },
  'not-filterable': { status: 400, title: 'The contract does not allow this filter or sort' },
  'use-body': { status: 400, title: 'A personal value does not belong in a URL' },
  'bad-cursor': { status: 400, title: 'The cursor is damaged or belongs to another query' },
  'bad-limit': { status: 400, title: 'The limit is out of range' },
  'bad-body': { status: 400, title: 'The body does not fit this operation' },
  'bad-header': { status: 400, title: 'A header is malformed or repeated' },
  'bad-host': { status: 400, title: 'The Host is not one of ours' },
  'idempotency-key-missing': { status: 400, title: 'Idempotency-Key is required here' },
  'too-complex': { status: 400, title: 'The ask is too deep or too large' },
  unauthenticated: { status: 401, title: 'A valid access token is required' },
  'purpose-required': { status: 403, title: 'Name the purpose of this access' },
  'wrong-purpose': { status: 403, title: 'No grant of yours on this dataset has this purpose' },
  'choose-grant': { status: 403, title: 'No single grant matches: choose one' },
  'case-required': { status: 403, title: 'The grant requires a case number' },
  'operator-required': { status: 403, title: 'The grant requires the operator' },
  'field-not-granted': { status: 403, title: 'The grant does not give this field for this use' },
  'relation-not-granted': { status: 403, title: 'A dataset on this path is not granted' },
  'mode-not-granted': { status: 403, title: 'The grant does not include this mode' },
  suspended: { status: 403, title: 'The access is suspended until it is reopened' },
  forbidden: { status: 403, title: 'The caller may not do this' },
  'not-found': { status: 404, title: 'Nothing here, or nothing for you' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'not-acceptable': { status: 406, title: 'No representation fits Accept' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'in-progress': { status: 409, title: 'The same request is still being carried out' },
  conflict: { status: 409, title: 'The request conflicts with the present state' },
  'cursor-ended': { status: 410, title: 'The cursor has ended: start again' },
  'changed-meanwhile': { status: 412, title: 'It has changed since you read it' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type is not accepted here' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used with another body' },
  unprocessable: { status: 422, title: 'Well-formed, but it cannot be carried out' },
  'breaking-change': { status: 422, title: 'A breaking change inside a major version' },
  'asked-live': { status: 422, title: 'The dataset is asked live, by its key only' },
  'digest-mismatch': { status: 422, title: 'The body does not match the stated digest' },
  'if-match-missing': { status: 428, title: 'If-Match is required here' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The exchange failed' },
  unavailable: { status: 503, title: 'The exchange cannot answer right now' },
  'audit-unavailable': { status: 503, title: 'The audit log is not writable, so nothing may leave' },
  'upstream-refused': { status: 502, title: "The department's system may not be called" },
  'upstream-failed': { status: 502, title: "The department's system did not answer as it should" },
  timeout: { status: 504, title: 'The answer took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

/** One wrong place in a request. `reason` and `expected` are for people; neither contains data or database text. */
export interface Fault {
  parameter?: string;
  pointer?: string;
  reason: string;
  expected?: string;
  suggestion?: string;
}

/** An error with a code of the register: thrown anywhere below a door, presented by the door. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly faults: readonly Fault[];
  /** Seconds to wait before a retry. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ProblemCode,
    detail?: string,
    more: { faults?: readonly Fault[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(detail ?? PROBLEMS[code].title, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.faults = more.faults ?? [];
    this.retryAfter = more.retryAfter;
  }
}

/** The code that the system, Node or the database gave the error: `ENOENT`, `57014`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A wrong setting, with the name under which it was given. Never contains the value, which may be a secret. */
export class SettingError extends Error {
  readonly setting: string;

  constructor(setting: string, expected: string) {
    super(`${setting}: ${expected}`);
    this.name = 'SettingError';
    this.setting = setting;
  }
}
