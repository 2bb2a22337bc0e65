import { columnName } from '../readers/xlsx/xlsx-sheet.js';
import { type Sheet, STYLES } from './sheet.js';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
export const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
/** Rows with drop-downs: some programs keep a rule per cell, and a million of them exhaust their memory. */
const DROP_DOWN_ROWS = 10_000;
/** Characters that a cell can hold. */
const CELL_AT_MOST = 32_767;

/** Text for XML 1.0: characters that it forbids become U+FFFD. */
export function xmlText(text: string): string {
  const cut = text.length > CELL_AT_MOST ? text.slice(0, CELL_AT_MOST) : text;
  return cut
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;');
}

/** `xl/worksheets/sheetN.xml`, its elements in the order of ECMA-376-1, 18.3.1.99. */
export function sheetXml(sheet: Sheet): string {
  const parts = [
    `${XML}<worksheet xmlns="${MAIN}" xmlns:r="${RELATIONS}">`,
    viewXml(sheet),
    columnsXml(sheet),
    '<sheetData>',
  ];
  sheet.rows.forEach((row, at) => {
    const cells = row.map(({ text, style = 'plain' }, column) => {
      if (text === '' && style === 'plain') return '';
      const head = `<c r="${columnName(column)}${at + 1}" s="${STYLES.indexOf(style)}"`;
      return text === ''
        ? `${head}/>`
        : `${head} t="inlineStr"><is><t xml:space="preserve">${xmlText(text)}</t></is></c>`;
    });
    parts.push(`<row r="${at + 1}">${cells.join('')}</row>`);
  });
  parts.push('</sheetData>');
  const merged = sheet.merged ?? [];
  if (merged.length > 0)
    parts.push(`<mergeCells>${merged.map((range) => `<mergeCell ref="${range}"/>`).join('')}</mergeCells>`);
  parts.push(dropDownsXml(sheet));
  if (hasComments(sheet)) parts.push('<legacyDrawing r:id="rId1"/>');
  parts.push('</worksheet>');
  return parts.join('');
}

export function hasComments({ rows }: Sheet): boolean {
  return rows.some((row) => row.some(({ comment }) => comment !== undefined));
}

function viewXml({ frozenRows = 0 }: Sheet): string {
  if (frozenRows === 0) return '';
  const pane = `<pane ySplit="${frozenRows}" topLeftCell="A${frozenRows + 1}" activePane="bottomLeft" state="frozen"/>`;
  return `<sheetViews><sheetView workbookViewId="0">${pane}</sheetView></sheetViews>`;
}

function columnsXml({ columns }: Sheet): string {
  const each = columns.map(({ width, text }, at) => {
    const style = text ? ` style="${STYLES.indexOf('text')}"` : '';
    return `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"${style}/>`;
  });
  return `<cols>${each.join('')}</cols>`;
}

function dropDownsXml({ dropDowns = [] }: Sheet): string {
  if (dropDowns.length === 0) return '';
  const each = dropDowns.map(({ column, from, values }) => {
    const name = columnName(column);
    const range = `${name}${from}:${name}${from + DROP_DOWN_ROWS}`;
    return `<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="${range}"><formula1>${xmlText(values)}</formula1></dataValidation>`;
  });
  return `<dataValidations count="${each.length}">${each.join('')}</dataValidations>`;
}
