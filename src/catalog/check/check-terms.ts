import type { ContractDocument } from '../contract-document.js';
import { datasetParts, hasReservedEnding, TABLE_NAME_LIMIT, tableOf } from '../names.js';
import type { Faults } from './fault.js';

/** What a contract states beyond its fields: names that can be derived from it, and the sharing terms that Decree 809 requires. */
export function checkTerms(document: ContractDocument, faults: Faults): void {
  const { publisher, slug: dataset } = datasetParts(document.dataset);
  if (hasReservedEnding(dataset)) {
    faults.add(['dataset'], 'A dataset may not end in list, history, where, connection, edge or a version');
  }
  if (tableOf(publisher, dataset).length > TABLE_NAME_LIMIT) {
    faults.add(['dataset'], 'The name is too long for a table', {
      expected: `at most ${TABLE_NAME_LIMIT - 1} characters`,
    });
  }
  checkSharing(document, faults);
}

/** 政务数据共享条例 (Decree 809): art. 14, 不予共享 names its law; art. 15, 有条件 states scope and use. */
function checkSharing({ sharing }: ContractDocument, faults: Faults): void {
  if (sharing.attribute === 'none') {
    if (sharing.law === undefined) {
      faults.add(['sharing', 'law'], 'Refusing to share needs its law (Decree 809, art. 14)');
    }
    return;
  }
  if (sharing.modes === undefined)
    faults.add(['sharing', 'modes'], 'A shared dataset names its modes (Decree 809, art. 13)');
  if (sharing.attribute === 'conditional') {
    for (const term of ['scope', 'use'] as const) {
      if (sharing[term] === undefined) {
        faults.add(['sharing', term], `Conditional sharing states its ${term} (Decree 809, art. 15)`);
      }
    }
  }
}
