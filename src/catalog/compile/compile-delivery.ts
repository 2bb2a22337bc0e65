import type { DeliveryTerms } from '../contract.js';
import type { DeliveryDocument, SourceDocument } from '../contract-document.js';
import type { Paging, SourceTerms } from '../source-terms.js';

const MODES = ['snapshot', 'delta'] as const;
const PROXY = { timeoutMs: 3_000, atOnce: 16, bytesAtMost: 1_048_576 };

export function compileDelivery(document: DeliveryDocument): DeliveryTerms {
  return {
    modes: document.mode ?? MODES,
    rejectAtMost: share(document['reject-at-most'] ?? '5%'),
    deleteAtMost: share(document['delete-at-most'] ?? '20%'),
    source: compileSource(document.source ?? { kind: 'file' }),
  };
}

/** Scalars are strings in the document, and numbers in the contract. */
function compileSource(document: SourceDocument): SourceTerms {
  switch (document.kind) {
    case 'file':
    case 'derived':
    case 'postgres':
    case 'mysql':
      return document;
    case 'http': {
      const { paging, rows, ...terms } = document;
      return { ...terms, rows: rows ?? '', ...(paging === undefined ? {} : { paging: compilePaging(paging) }) };
    }
    case 'proxy':
      return {
        kind: 'proxy',
        upstream: document.upstream,
        path: document.path,
        rows: document.rows ?? '',
        ask: document.ask,
        timeoutMs: Number(document['timeout-ms'] ?? PROXY.timeoutMs),
        atOnce: Number(document['at-once'] ?? PROXY.atOnce),
        bytesAtMost: Number(document['bytes-at-most'] ?? PROXY.bytesAtMost),
      };
  }
}

function compilePaging(document: Extract<SourceDocument, { kind: 'http' }>['paging'] & object): Paging {
  return document.by === 'offset' ? { ...document, size: Number(document.size) } : document;
}

function share(percentage: string): number {
  return Number(percentage.slice(0, -1)) / 100;
}
