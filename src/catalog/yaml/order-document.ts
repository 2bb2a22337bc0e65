import { isObject } from '../../platform/json-pointer.js';

/** As a person writes a contract. */
const ORDER: readonly string[] = [
  ...['dataset', 'version', 'entity', 'title', 'summary', 'resource', 'classification', 'sharing', 'assessments'],
  ...['source-of-truth', 'membership', 'key', 'subjects', 'partition', 'fields'],
  ...['filterable', 'sortable', 'scopes', 'relations', 'statistics', 'delivery', 'exact-count'],
];
/** Members that come first in any map of a contract. */
const FIRST: readonly string[] = [
  ...[
    'zh',
    'en',
    'code',
    'format',
    'update',
    'category',
    'grade',
    'attribute',
    'modes',
    'scope',
    'use',
    'basis',
    'law',
  ],
  ...['secrecy', 'personal-information', 'approved-by', 'type', 'length', 'precision', 'scale', 'list', 'scheme'],
  ...[
    'from',
    'codes',
    'to',
    'on',
    'by',
    'minimum',
    'mode',
    'reject-at-most',
    'delete-at-most',
    'source',
    'kind',
    'upstream',
  ],
];

/**
 * The document of a contract in the order in which people write it: contracts are stored as canonical JSON (RFC 8785),
 * which keeps no order. `fields`: names in their order. The same document, however it is ordered, becomes the same.
 */
export function orderDocument(document: Readonly<Record<string, unknown>>, fields: readonly string[]): object {
  const { fields: declared, ...rest } = document;
  const all = { ...rest, ...(isObject(declared) ? { fields: sorted(declared, fields) } : {}) };
  return Object.fromEntries(
    Object.entries(sorted(all, ORDER)).map(([name, value]) => [name, name === 'fields' ? eachOf(value) : deep(value)]),
  );
}

function eachOf(fields: unknown): unknown {
  if (!isObject(fields)) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, deep(field)]));
}

function deep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deep);
  if (!isObject(value)) return value;
  return eachOf(sorted(value, FIRST));
}

/** Named members first, the others by name. */
function sorted(value: Readonly<Record<string, unknown>>, order: readonly string[]): Record<string, unknown> {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1)));
}
