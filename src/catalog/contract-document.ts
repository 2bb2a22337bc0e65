import type { Mask, Sensitivity } from '../standard/type.js';
import type { DatabaseSource, DerivedSource, FileSource, HttpSource, Paging, ProxySource } from './source-terms.js';

/** The document of a contract, valid by `schemas/contract.schema.json`: every scalar is a string as written. */
export interface ContractDocument {
  dataset: string;
  version: string;
  entity?: string;
  title: { zh: string; en: string };
  summary: { zh: string; en: string };
  resource: Record<string, string>;
  classification: Record<string, string>;
  sharing: SharingDocument;
  assessments: Record<string, string>;
  'source-of-truth'?: 'true' | 'false';
  /** Rows are about members of a group that is sensitive in itself: raises the sensitivity of keys and subjects. */
  membership?: 'L4';
  key: string | string[];
  subjects?: string[];
  partition?: string;
  fields: Record<string, FieldDocument | 'false'>;
  filterable?: string[];
  sortable?: string[];
  scopes?: string[];
  relations?: Record<string, { to: string; on: Record<string, string> }>;
  statistics?: { by: string[]; minimum?: string };
  delivery?: DeliveryDocument;
  'exact-count'?: 'true' | 'false';
}

type SharingDocument = {
  attribute: 'unconditional' | 'conditional' | 'none';
  modes?: string[];
  scope?: string;
  use?: string;
  basis?: string;
  law?: string;
};

export interface DeliveryDocument {
  mode?: ('snapshot' | 'delta')[];
  'reject-at-most'?: string;
  'delete-at-most'?: string;
  source?: SourceDocument;
}

type AsWritten<T> = { [K in keyof T]: T[K] extends number ? string : T[K] };
type WithPaging = Omit<HttpSource, 'rows' | 'paging'> & { rows?: string; paging?: PagingDocument };
type PagingDocument = Paging extends infer P ? (P extends Paging ? AsWritten<P> : never) : never;
interface ProxyDocument extends Pick<ProxySource, 'kind' | 'upstream' | 'path' | 'ask'> {
  rows?: string;
  'timeout-ms'?: string;
  'at-once'?: string;
  'bytes-at-most'?: string;
}
export type SourceDocument = FileSource | DatabaseSource | DerivedSource | WithPaging | ProxyDocument;

export interface TypeDocument {
  type?: string;
  length?: string;
  precision?: string;
  scale?: string;
  bits?: string;
  list?: string;
  scheme?: string;
  of?: TypeDocument;
}

export interface FieldDocument extends TypeDocument {
  from?: string | string[];
  codes?: Record<string, string>;
  required?: 'true' | 'false';
  title?: { zh: string; en?: string };
  sensitivity?: Sensitivity;
  mask?: Mask;
  /** Type and length in the national form, where the type of the field does not give them: `Y(16)`. */
  form?: string;
}
