import type { Title } from '../../catalog/contract.js';
import type { EntryCells, ItemCells } from './contract-row.js';
import { ENTRY_KEYS, type EntryColumn, type FormKey, ITEM_KEYS, type ItemColumn } from './form-columns.js';
import type { FormRow } from './read-form.js';

/** An entry as sent: its cells are those of its first row. */
export interface SentEntry {
  first: FormRow;
  cells: EntryCells;
  items: readonly { row: FormRow; cells: ItemCells }[];
}

/** Says what is wrong in a cell. */
export type MarkCell = (row: FormRow, column: FormKey, why: Title) => void;

/**
 * The entries of a form: a row with another code, or without one another name, begins the next. The columns of an entry
 * may be in its first row alone, in every row, or in cells that are merged over its rows.
 */
export function groupEntries(rows: readonly FormRow[], fault: MarkCell): SentEntry[] {
  const entries: (SentEntry & { items: { row: FormRow; cells: ItemCells }[] })[] = [];
  for (const row of rows) {
    let entry = entries.at(-1);
    if (begins(row, entry)) {
      entry = { first: row, cells: entryCells(row), items: [] };
      entries.push(entry);
    } else if (entry !== undefined) sameAgain(row, entry, fault);
    if (entry === undefined)
      fault(row, 'code', {
        zh: '第一行没有目录条目的代码和名称',
        en: 'the first row has neither code nor name of an entry',
      });
    else if (ITEM_KEYS.some((key) => row.cells.has(key))) entry.items.push({ row, cells: itemCells(row) });
  }
  return entries;
}

function begins({ cells, sheet }: FormRow, entry: SentEntry | undefined): boolean {
  const [code, name] = [cells.get('code'), cells.get('name')];
  if (code === undefined && name === undefined) return false;
  if (entry === undefined || entry.first.sheet !== sheet) return true;
  return code === undefined ? name !== entry.cells.name : code !== entry.cells.code;
}

function sameAgain(row: FormRow, { cells }: SentEntry, fault: MarkCell): void {
  for (const key of ENTRY_KEYS) {
    const text = row.cells.get(key);
    if (text === undefined || text === cells[key]) continue;
    fault(row, key, { zh: '与该条目首行不一致', en: 'differs from the first row of its entry' });
  }
}

function entryCells({ cells }: FormRow): EntryCells {
  const found: Record<EntryColumn, string> = { ...EMPTY_ENTRY };
  for (const key of ENTRY_KEYS) found[key] = cells.get(key) ?? '';
  return found;
}

function itemCells({ cells }: FormRow): ItemCells {
  const found: Record<ItemColumn, string> = { item: '', type: '', length: '', key: '', nullable: '' };
  for (const key of ITEM_KEYS) found[key] = cells.get(key) ?? '';
  return found;
}

const EMPTY_ENTRY: EntryCells = {
  category: '',
  name: '',
  code: '',
  provider: '',
  uscc: '',
  summary: '',
  formatClass: '',
  formatType: '',
  sharing: '',
  condition: '',
  channel: '',
  mode: '',
  open: '',
  openCondition: '',
  update: '',
  issued: '',
  related: '',
  grade: '',
  use: '',
  secrecy: '',
  personal: '',
  approved: '',
};
