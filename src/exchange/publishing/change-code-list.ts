import type { Receipt } from '../../audit/entry.js';
import type { Catalog } from '../../catalog/catalog.js';
import { type Fault, Problem } from '../../platform/errors.js';
import { itemAt, known } from '../../platform/known.js';
import { type CodeListDraft, checkCodeList } from '../../standard/check-code-list.js';
import { type CodeList, type CodeListDocument, changedList, differenceOf } from '../../standard/code-list.js';
import { mappedCodes, mappedFault, standingCodes, standingFault } from './code-list-uses.js';
import { inTurn, type PublishingNode, type PublishingTurn, type Turn } from './publishing-turn.js';

export interface CodeListReport {
  /** The list in force now. */
  list: CodeList;
  /** Receipt of the entry; none if the list did not change. */
  receipt?: Receipt;
  created: boolean;
  /** The policy epoch that contains the change. */
  epoch: number;
  /** Live nodes that did not serve it within the wait. */
  behind: string[];
}

/**
 * Puts a tenant's code list in force on every node, with its entry; the next delivery is judged by it. A draft that
 * changes nothing makes no version. A code that the tenant added can be removed only if no contract maps to it and no
 * row has it.
 * @throws Problem unprocessable (names each code and contract), conflict (the draft is based on another version than
 * the one in force), unavailable, audit-unavailable
 */
export async function changeCodeList(
  exchange: PublishingNode,
  { name, draft }: { name: string; draft: CodeListDraft },
  publishing: PublishingTurn,
): Promise<CodeListReport> {
  const { done, epoch, behind } = await inTurn(exchange, publishing, async ({ tx, index, write }) => {
    const { catalog } = index;
    const before = catalog.standard.codeLists.get(name);
    if (draft.basedOn !== undefined && draft.basedOn !== (before?.version ?? 0)) {
      throw new Problem('conflict', `Version ${before?.version ?? 0} of ${name} is in force, not ${draft.basedOn}`);
    }
    refuse(checkCodeList(name, draft, before));
    const document: CodeListDocument = {
      name,
      title: draft.title ?? before!.title,
      codes: draft.codes,
      note: draft.note,
      since: new Date(exchange.clock.now()).toISOString(),
      department: publishing.actor?.department ?? null,
    };
    const wanted = changedList(before, document, 0);
    if (before !== undefined && isSame(before, wanted)) return { created: false };
    await checkRemoved(tx, catalog, { name, removed: differenceOf(before?.codes ?? new Map(), wanted.codes).removed });
    const { receipts } = await write([{ kind: 'code-list', id: name, document, event: 'code-list.changed' }]);
    return { created: before === undefined, receipt: itemAt(receipts, 0) };
  });
  return { ...done, list: known(exchange.policy.current().catalog.standard.codeLists, name), epoch, behind };
}

function isSame(a: CodeList, b: CodeList): boolean {
  const text = ({ title, codes }: CodeList) =>
    JSON.stringify([
      title.zh,
      title.en,
      ...[...codes].map(([code, { title: t, retired }]) => [code, t.zh, t.en, retired]),
    ]);
  return text(a) === text(b);
}

/**
 * From here to the commit no delivery publishes: earlier ones are visible, later ones are judged again by the new list
 * (`stillTakes`). Readers do not wait.
 */
async function checkRemoved(
  tx: Turn['tx'],
  catalog: Catalog,
  { name, removed }: { name: string; removed: readonly string[] },
): Promise<void> {
  if (removed.length === 0) return;
  refuse(mappedCodes(catalog, name, removed).map(mappedFault));
  await tx.query('LOCK TABLE exchange.delivery IN SHARE MODE');
  refuse((await standingCodes(tx, { catalog, list: name, codes: removed })).map(standingFault));
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new Problem('unprocessable', 'The code list cannot become like this', { faults: faults.slice(0, 100) });
}
