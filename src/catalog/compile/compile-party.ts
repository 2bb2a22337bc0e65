import { isUscc } from '../../standard/identifier.js';
import { checkSchema } from '../check/check-schema.js';
import type { CatalogFault } from '../check/fault.js';
import type { Publisher, Purpose } from '../contract.js';

/** A publisher's document is the Publisher itself. Its credit code must pass GB 32100. */
export function compilePublisher(document: unknown): { publisher: Publisher } | { faults: CatalogFault[] } {
  const read = checkSchema('publisher', document);
  if ('faults' in read) return read;
  const publisher = read.document;
  if (!isUscc(publisher.uscc)) {
    return { faults: [{ path: '/uscc', reason: 'The check character of the credit code is wrong (GB 32100)' }] };
  }
  return { publisher };
}

/** A purpose's document is the Purpose itself. */
export function compilePurpose(document: unknown): { purpose: Purpose } | { faults: CatalogFault[] } {
  const read = checkSchema('purpose', document);
  return 'faults' in read ? read : { purpose: read.document };
}
