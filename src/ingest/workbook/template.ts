import { stringify } from 'csv-stringify/sync';
import type { RowScope } from '../../access/grants/grant.js';
import { isWhole } from '../../access/grants/row-scope.js';
import type { Contract, Field } from '../../catalog/contract.js';
import { itemAt } from '../../platform/known.js';
import type { Standard } from '../../standard/standard.js';
import { typeOf } from '../../standard/type.js';
import { knownHeadings } from '../readers/known-headings.js';
import { columnName } from '../readers/xlsx/xlsx-sheet.js';
import type { Cell, Column, DropDown, Sheet } from './sheet.js';
import { writeWorkbook } from './write-workbook.js';

export interface Templating {
  contract: Contract;
  standard: Standard;
  /** The part that the deliverer fills. */
  scope: RowScope;
  /** ms since the epoch. */
  now: number;
}

const CODES = '代码';
/** People look up longer lists in the standard. */
const WORDS_AT_MOST = 5_000;
const WORDS_TOLD = 40;
const HEADER_ROW = 2;

/** A workbook to fill in: the headings below a title, drop-downs for codes, and a sheet that explains every column. */
export function templateWorkbook(templating: Templating): Promise<Buffer> {
  const { contract, standard } = templating;
  const fields = [...contract.fields.values()];
  const headings = headingsOf(contract);
  const words = fields.map((field) => wordsOf(field, standard));
  const listed = words.flatMap((each, column) =>
    each.length > 0 && each.length <= WORDS_AT_MOST && itemAt(fields, column).type.list !== undefined
      ? [{ column, words: each }]
      : [],
  );
  const dropDowns = listed.map(({ column, words }, at): DropDown => {
    const name = columnName(at);
    return { column, from: HEADER_ROW + 1, values: `'${CODES}'!$${name}$1:$${name}$${words.length}` };
  });
  const filled: Sheet = {
    name: contract.title.zh.replace(/[\\/?*[\]:']/g, ' ').slice(0, 31),
    columns: fields.map((field, at) => ({
      width: Math.max(12, 2 * itemAt(headings, at).length + 4),
      text: typeOf(field.type).spreadsheetText,
    })),
    frozenRows: HEADER_ROW,
    rows: [
      [{ text: titleOf(templating), style: 'title' }],
      fields.map((field, at): Cell => ({ text: itemAt(headings, at), style: field.required ? 'required' : 'heading' })),
    ],
    dropDowns,
  };
  const sheets = [filled, explained(fields, headings, words)];
  if (listed.length > 0) sheets.push(codeSheet(listed.map(({ words }) => words)));
  return writeWorkbook(sheets, templating.now);
}

/** The same as CSV, for programs: only headings, with the byte order mark by which Excel recognises UTF-8. */
export function templateCsv({ contract }: Templating): string {
  return stringify([headingsOf(contract)], { bom: true, record_delimiter: 'windows', escape_formulas: true });
}

/** 数据归集模板 2026-11 户籍人口 110101001: without an extension. The month is in Beijing time. */
export function titleOf({ contract, scope, now }: Templating): string {
  const month = new Date(now + 8 * 3_600_000).toISOString().slice(0, 7);
  return `数据归集模板 ${month} ${contract.title.zh} ${partOf(scope)}`;
}

function partOf(scope: RowScope): string {
  if (isWhole(scope)) return '全部';
  const values = scope.scope.flatMap((term) => ('in' in term ? term.in : term.prefix));
  return values.length > 3 ? `${values.slice(0, 3).join(' ')} 等` : values.join(' ');
}

/**
 * The publisher's heading. Where the contract declares none: the field's title, unless another heading is the same,
 * since a reader could not distinguish them.
 */
function headingsOf(contract: Contract): string[] {
  const known = knownHeadings(contract);
  return [...contract.fields.values()].map(({ name, from, title }) =>
    from[0] === name && known(title.zh)?.field?.name === name ? title.zh : itemAt(from, 0),
  );
}

/** Values to offer for a field of codes: the publisher's words where the contract maps them, else codes. */
function wordsOf({ type, codes }: Field, standard: Standard): { word: string; meaning: string }[] {
  const name = type.list ?? type.of?.list;
  const list = name === undefined ? undefined : standard.lists.get(name);
  const mapped = codes === undefined ? undefined : Object.entries(codes);
  if (mapped !== undefined) return mapped.map(([word, code]) => ({ word, meaning: list?.get(code) ?? code }));
  return [...(list ?? [])].map(([word, meaning]) => ({ word, meaning }));
}

const COLUMNS: readonly Column[] = [12, 20, 24, 28, 12, 8, 60, 24].map((width) => ({ width }));
const EXPLAINED = ['列', '表头', '数据项', '英文 English', '类型', '必填', '可填写的值', '示例（虚构）'];
function explained(
  fields: readonly Field[],
  headings: readonly string[],
  words: readonly { word: string; meaning: string }[][],
): Sheet {
  const rows = fields.map((field, at) =>
    [
      columnName(at),
      itemAt(headings, at),
      field.title.zh,
      field.title.en,
      typeOf(field.type).title + (field.type.length === undefined ? '' : `（≤${field.type.length}）`),
      field.required ? '必填' : '选填',
      told(itemAt(words, at)),
      itemAt(words, at)[0]?.word ?? typeOf(field.type).example(field.type),
    ].map((text): Cell => ({ text, style: 'text' })),
  );
  const header = EXPLAINED.map((text): Cell => ({ text, style: 'heading' }));
  return { name: '填报说明', columns: COLUMNS, frozenRows: 1, rows: [header, ...rows] };
}

function told(words: readonly { word: string; meaning: string }[]): string {
  const each = words.slice(0, WORDS_TOLD).map(({ word, meaning }) => (word === meaning ? word : `${word}＝${meaning}`));
  return each.join('；') + (words.length > WORDS_TOLD ? `；…（共 ${words.length} 个）` : '');
}

function codeSheet(columns: readonly (readonly { word: string }[])[]): Sheet {
  const height = Math.max(...columns.map((words) => words.length));
  const rows = Array.from({ length: height }, (_, row) =>
    columns.map((words): Cell => ({ text: words[row]?.word ?? '', style: 'text' })),
  );
  return { name: CODES, hidden: true, columns: columns.map(() => ({ width: 20 })), rows };
}
