import type { Schema } from './schema.js';

/** Header parameters and response headers, by component name. */
export type HeaderParameter =
  | 'ExchangePurpose'
  | 'ExchangeGrant'
  | 'ExchangeCase'
  | 'ExchangeOperator'
  | 'IfNoneMatch'
  | 'IdempotencyKey'
  | 'ContentEncoding'
  | 'ContentDigest'
  | 'Prefer'
  | 'UploadComplete'
  | 'UploadOffset'
  | 'UploadLength'
  | 'UploadBegins'
  | 'ReprDigest';

export interface Reply {
  description: string;
  /** By media type; none: no body. */
  content?: Record<string, Schema>;
  /** By component name, beside those that every reply has. */
  headers?: readonly string[];
}

/** Who may call: an application with a token, anyone, or a client that proves itself by its assertion in the body. */
export type Caller = 'application' | 'anyone' | 'client';

/** One operation as it is declared on the throw-away instance. Path templates in OpenAPI's form. */
export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  path: string;
  id: string;
  tag: string;
  summary: string;
  description?: string;
  caller: Caller;
  pathParameters?: Record<string, Schema>;
  query?: Record<string, Schema>;
  /** Names of query parameters that must be there. */
  requiredQuery?: readonly string[];
  headers?: readonly HeaderParameter[];
  /** By media type. */
  body?: Record<string, Schema>;
  replies: Record<number, Reply>;
  /** Statuses of problems beside those that every operation of this caller can end in. */
  problems?: readonly number[];
}
