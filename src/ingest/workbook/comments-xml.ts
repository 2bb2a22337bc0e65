import { columnName } from '../readers/xlsx/xlsx-sheet.js';
import type { Sheet } from './sheet.js';
import { XML, xmlText } from './sheet-xml.js';

/** `xl/commentsN.xml`. */
export function commentsXml(sheet: Sheet): string {
  const each = commentsOf(sheet).map(
    ({ row, column, comment }) =>
      `<comment ref="${columnName(column)}${row + 1}" authorId="0"><text><r><t xml:space="preserve">${xmlText(comment)}</t></r></text></comment>`,
  );
  return `${XML}<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>Civic Exchange</author></authors><commentList>${each.join('')}</commentList></comments>`;
}

/** The boxes of the comments: without this older drawing format (ECMA-376-4, 8.1) Excel shows none. */
export function drawingVml(sheet: Sheet): string {
  const shapes = commentsOf(sheet).map(
    ({ row, column }, at) =>
      `<v:shape id="_x0000_s${1025 + at}" type="#note" style="position:absolute;width:240pt;height:90pt;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:textbox/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>${column + 1}, 10, ${row}, 5, ${column + 4}, 10, ${row + 5}, 5</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>${row}</x:Row><x:Column>${column}</x:Column></x:ClientData></v:shape>`,
  );
  return `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="note" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>${shapes.join('')}</xml>`;
}

/** In the order of rows, from 0. */
function commentsOf({ rows }: Sheet): { row: number; column: number; comment: string }[] {
  return rows.flatMap((cells, row) =>
    cells.flatMap(({ comment }, column) => (comment === undefined ? [] : [{ row, column, comment }])),
  );
}
