import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { commentsXml, drawingVml } from './comments-xml.js';
import { type Sheet, STYLES, type Style } from './sheet.js';
import { hasComments, sheetXml, XML, xmlText } from './sheet-xml.js';

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** The sheets as an .xlsx, built in memory: the caller limits the rows. `now`: ms since the epoch. */
export async function writeWorkbook(sheets: readonly Sheet[], now: number): Promise<Buffer> {
  const zip = new ZipFile();
  const mtime = new Date(now);
  const add = (name: string, text: string) => zip.addBuffer(Buffer.from(text), name, { mtime });
  add('[Content_Types].xml', contentTypes(sheets));
  add('_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']]));
  add('xl/workbook.xml', workbookXml(sheets));
  const related = sheets.map((_, at): [string, string] => ['worksheet', `worksheets/sheet${at + 1}.xml`]);
  add('xl/_rels/workbook.xml.rels', relations([...related, ['styles', 'styles.xml']]));
  add('xl/styles.xml', stylesXml());
  sheets.forEach((sheet, at) => {
    const number = at + 1;
    add(`xl/worksheets/sheet${number}.xml`, sheetXml(sheet));
    if (!hasComments(sheet)) return;
    const drawing = `../drawings/vmlDrawing${number}.vml`;
    const comments = `../comments${number}.xml`;
    add(
      `xl/worksheets/_rels/sheet${number}.xml.rels`,
      relations([
        ['vmlDrawing', drawing],
        ['comments', comments],
      ]),
    );
    add(`xl/drawings/vmlDrawing${number}.vml`, drawingVml(sheet));
    add(`xl/comments${number}.xml`, commentsXml(sheet));
  });
  zip.end();
  return buffer(zip.outputStream);
}

function contentTypes(sheets: readonly Sheet[]): string {
  const overrides = sheets.flatMap((sheet, at) => [
    [`xl/worksheets/sheet${at + 1}.xml`, 'worksheet'],
    ...(hasComments(sheet) ? [[`xl/comments${at + 1}.xml`, 'comments']] : []),
  ]);
  const each = [['xl/workbook.xml', 'sheet.main'], ['xl/styles.xml', 'styles'], ...overrides].map(
    ([part, type]) => `<Override PartName="/${part}" ContentType="${TYPE}.${type}+xml"/>`,
  );
  const defaults = [
    ['rels', 'application/vnd.openxmlformats-package.relationships+xml'],
    ['xml', 'application/xml'],
    ['vml', 'application/vnd.openxmlformats-officedocument.vmlDrawing'],
  ].map(([extension, type]) => `<Default Extension="${extension}" ContentType="${type}"/>`);
  return `${XML}<Types xmlns="${PACKAGE}/content-types">${defaults.join('')}${each.join('')}</Types>`;
}

function relations(targets: readonly [type: string, target: string][]): string {
  const each = targets.map(
    ([type, target], at) => `<Relationship Id="rId${at + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  );
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${each.join('')}</Relationships>`;
}

function workbookXml(sheets: readonly Sheet[]): string {
  const each = sheets.map(({ name, hidden }, at) => {
    const state = hidden ? ' state="hidden"' : '';
    return `<sheet name="${xmlText(name)}" sheetId="${at + 1}"${state} r:id="rId${at + 1}"/>`;
  });
  return `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${each.join('')}</sheets></workbook>`;
}

/** Font, fill and number format of each style; 49 is text (ECMA-376-1, 18.8.30). */
const LOOKS: Readonly<Record<Style, { font: number; fill: number; format: number }>> = {
  plain: { font: 0, fill: 0, format: 0 },
  text: { font: 0, fill: 0, format: 49 },
  title: { font: 1, fill: 0, format: 49 },
  heading: { font: 1, fill: 2, format: 49 },
  required: { font: 1, fill: 3, format: 49 },
  faulty: { font: 0, fill: 4, format: 49 },
};

function stylesXml(): string {
  const fonts = ['<font><sz val="11"/><name val="等线"/></font>', '<font><b/><sz val="11"/><name val="等线"/></font>'];
  const solid = (colour: string) =>
    `<fill><patternFill patternType="solid"><fgColor rgb="FF${colour}"/><bgColor indexed="64"/></patternFill></fill>`;
  const pattern = (type: string) => `<fill><patternFill patternType="${type}"/></fill>`;
  const fills = [pattern('none'), pattern('gray125'), solid('DDEBF7'), solid('FCE4D6'), solid('FFC7CE')];
  const looks = STYLES.map((style) => {
    const { font, fill, format } = LOOKS[style];
    return `<xf numFmtId="${format}" fontId="${font}" fillId="${fill}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>`;
  });
  const list = (tag: string, items: readonly string[]) => `<${tag} count="${items.length}">${items.join('')}</${tag}>`;
  const plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"';
  return `${XML}<styleSheet xmlns="${MAIN}">${list('fonts', fonts)}${list('fills', fills)}<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>${list('cellStyleXfs', [`${plain}/>`])}${list('cellXfs', looks)}<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;
}
