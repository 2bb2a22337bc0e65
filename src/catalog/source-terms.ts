/** Where a dataset's rows come from, as its contract declares. A pulled source names the publisher's application whose deliver grant it uses. */
export type SourceTerms = FileSource | ProxySource | PulledSource;

/** A source that a run of the exchange fetches. */
export type PulledSource = DatabaseSource | HttpSource | DerivedSource;

/** The publisher delivers files by the API. */
export interface FileSource {
  kind: 'file';
}

interface PullTerms {
  /** client_id of the publisher's application. */
  application: string;
  /** Five fields of cron, Asia/Shanghai. Absent: runs on demand only. */
  schedule?: string;
}

interface FromUpstream extends PullTerms {
  /** Name of an upstream in the publisher's own namespace (access/upstreams). */
  upstream: string;
}

/** 库表: a table or a view, read whole or from a watermark on. */
export interface DatabaseSource extends FromUpstream {
  kind: 'postgres' | 'mysql';
  /** `schema.table`, or `table`. */
  table: string;
  /** A column that only grows (updated_at, a sequence): each run reads rows from the last value on, as a delta. Absent: a snapshot. */
  watermark?: string;
}

/** How the pages of a pulled interface follow each other. `at` is a JSON Pointer (RFC 6901) into the reply. */
export type Paging =
  | { by: 'next-link'; at: string }
  | { by: 'offset'; parameter: string; size: number; 'size-parameter'?: string }
  | { by: 'cursor'; parameter: string; at: string };

/** 接口: an API read as a snapshot, or as a delta from a watermark on. */
export interface HttpSource extends FromUpstream {
  kind: 'http';
  /** Path on the upstream, with its query. */
  path: string;
  /** JSON Pointer to the array of rows in the reply; empty = the reply itself. */
  rows: string;
  paging?: Paging;
}

/** 接口, proxied: no row is stored; each ask calls the department's interface. */
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

/** How a proxied dataset is asked; undefined where its rows are stored here. */
export function proxyOf({ delivery: { source } }: { delivery: { source: SourceTerms } }): ProxySource | undefined {
  return source.kind === 'proxy' ? source : undefined;
}

/** Kinds that a run fetches: all except delivered and proxied ones. */
export function isPulled(source: SourceTerms): source is PulledSource {
  return source.kind !== 'file' && source.kind !== 'proxy';
}
