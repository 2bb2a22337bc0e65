/** Where a dataset's rows come from, as its contract declares it. A pulled source names the application of the publisher under whose deliver grant it runs. */
export type SourceTerms = FileSource | DatabaseSource | HttpSource | ProxySource | DerivedSource;
export type SourceKind = SourceTerms['kind'];

/** Delivered by the publisher: files, over the API. */
export interface FileSource {
  kind: 'file';
}

interface PullTerms {
  /** client_id of the publisher's application. */
  application: string;
  /** Five fields of cron, Asia/Shanghai. Without one it runs on demand only. */
  schedule?: string;
}

interface FromUpstream extends PullTerms {
  /** Name of an upstream in the publisher's own namespace (access/upstreams). */
  upstream: string;
}

/** 库表: a table or a view, whole or from a watermark on. */
export interface DatabaseSource extends FromUpstream {
  kind: 'postgres' | 'mysql';
  /** `schema.table`, or `table`. */
  table: string;
  /** A column that only grows (updated_at, a sequence): rows from the last one on are pulled, as a delta. Without one a snapshot. */
  watermark?: string;
}

/** How pages of a pulled interface follow each other. `at` is a JSON Pointer (RFC 6901) into the reply. */
export type Paging =
  | { by: 'next-link'; at: string }
  | { by: 'offset'; parameter: string; size: number; 'size-parameter'?: string }
  | { by: 'cursor'; parameter: string; at: string };

/** 接口: an API pulled as a snapshot, or as a delta from a watermark on. */
export interface HttpSource extends FromUpstream {
  kind: 'http';
  /** Path of the upstream, with its query. */
  path: string;
  /** JSON Pointer to the array of rows in the reply; empty = the reply is the array. */
  rows: string;
  paging?: Paging;
}

/** 接口, asked live: nothing is landed, each ask calls the department's interface. */
export interface ProxySource {
  kind: 'proxy';
  upstream: string;
  path: string;
  /** JSON Pointer to the row, or to an array of rows, in the reply. */
  rows: string;
  /** Field of the key → property of the JSON body sent to the interface. */
  ask: Readonly<Record<string, string>>;
  timeoutMs: number;
  atOnce: number;
  bytesAtMost: number;
}

/** Computed from other datasets of the exchange that the named application may read. */
export interface DerivedSource extends PullTerms {
  kind: 'derived';
  of: 'conflicts' | 'findings';
}

/** How the dataset is asked live, or undefined where its rows lie here. */
export function proxyOf({ delivery: { source } }: { delivery: { source: SourceTerms } }): ProxySource | undefined {
  return source.kind === 'proxy' ? source : undefined;
}

/** Kinds that a run fetches: everything but what is delivered and what is asked live. */
export function isPulled(source: SourceTerms): source is DatabaseSource | HttpSource | DerivedSource {
  return source.kind !== 'file' && source.kind !== 'proxy';
}
