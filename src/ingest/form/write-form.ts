import { columnName } from '../readers/xlsx/xlsx-sheet.js';
import type { Cell, DropDown, Sheet } from '../workbook/sheet.js';
import { writeWorkbook } from '../workbook/write-workbook.js';
import type { FormEntry } from './contract-row.js';
import { ENTRY_COLUMNS, FORM_COLUMNS, type FormColumn, type FormKey } from './form-columns.js';

const SHEET = '目录条目';
const LISTS = '可选值';
const HEADER_ROW = 2;
const TITLE =
  '政务数据资源目录编制表：一行一个数据项，目录条目各列填在其第一个数据项的行中（2017年编制指南及条例第十三条）';
const WIDTH_AT_MOST = 30;

/** Entries as the national form, with drop-downs and a sheet that explains the columns; without entries the empty form. `now`: ms since the epoch. */
export function writeForm(entries: readonly FormEntry[], now: number): Promise<Buffer> {
  return writeWorkbook([formSheet(entries.flatMap(rowsOf)), explained(), listSheet()], now);
}

/** The sheet as it was sent, with a comment in every faulty cell. */
export function formSheet(rows: readonly (readonly Cell[])[], name = SHEET): Sheet {
  const columns = [...FORM_COLUMNS.values()];
  return {
    name,
    columns: columns.map(({ heading, atMost = 20 }) => ({
      width: Math.min(WIDTH_AT_MOST, Math.max(2 * heading.length + 4, atMost / 8)),
      text: true,
    })),
    frozenRows: HEADER_ROW,
    rows: [
      [{ text: TITLE, style: 'title' }],
      columns.map(({ heading, required }): Cell => ({ text: heading, style: required ? 'required' : 'heading' })),
      ...rows,
    ],
    dropDowns: dropDowns(columns),
  };
}

const isOfEntry = (key: FormKey) => Object.hasOwn(ENTRY_COLUMNS, key);

function rowsOf({ cells, items }: FormEntry): Cell[][] {
  const first: Readonly<Record<string, string>> = cells;
  const [none] = [{}];
  return (items.length === 0 ? [none] : items).map((item, at) => {
    const own: Readonly<Record<string, string>> = { ...item };
    return [...FORM_COLUMNS.keys()].map((key): Cell => {
      const text = isOfEntry(key) ? (at === 0 ? first[key] : '') : own[key];
      return { text: text ?? '', style: 'text' };
    });
  });
}

const listed = (columns: readonly FormColumn[]) =>
  columns.flatMap(({ values }, column) => (values === undefined ? [] : [{ column, values }]));

function dropDowns(columns: readonly FormColumn[]): DropDown[] {
  return listed(columns).map(({ column, values }, at) => {
    const name = columnName(at);
    return { column, from: HEADER_ROW + 1, values: `'${LISTS}'!$${name}$1:$${name}$${values.length}` };
  });
}

function listSheet(): Sheet {
  const lists = listed([...FORM_COLUMNS.values()]);
  const height = Math.max(...lists.map(({ values }) => values.length));
  const rows = Array.from({ length: height }, (_, row) =>
    lists.map(({ values }): Cell => ({ text: values[row] ?? '', style: 'text' })),
  );
  return { name: LISTS, hidden: true, columns: lists.map(() => ({ width: 20 })), rows };
}

const EXPLAINED = ['列', '栏目', '英文 English', '必填', '限长', '可填写的值', '说明', '示例'];

function explained(): Sheet {
  const rows = [...FORM_COLUMNS.values()].map(
    ({ heading, en, required, atMost, values = [], hint = '', example }, at) =>
      [
        columnName(at),
        heading,
        en,
        required ? '必填' : '选填',
        String(atMost ?? ''),
        values.join('；'),
        hint,
        example,
      ].map((text): Cell => ({ text, style: 'text' })),
  );
  const header = EXPLAINED.map((text): Cell => ({ text, style: 'heading' }));
  const columns = [6, 24, 28, 8, 8, 60, 48, 40].map((width) => ({ width }));
  return { name: '填写说明', columns, frozenRows: 1, rows: [header, ...rows] };
}
