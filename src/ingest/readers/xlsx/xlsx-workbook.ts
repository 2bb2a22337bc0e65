import { Unreadable } from '../source.js';
import { damaged, type Package } from './xlsx-package.js';
import { readSharedStrings, type SharedStrings } from './xlsx-strings.js';
import { attributeOf, readWhole } from './xlsx-xml.js';

export interface SheetEntry {
  name: string;
  /** Name of its part. */
  part: string;
  hidden: boolean;
}

/** What the format of a cell makes of its number. */
type NumberMeaning = 'number' | 'date' | 'time';

export interface Workbook {
  sheets: readonly SheetEntry[];
  /** Days count from 1904-01-01 instead of 1899-12-30 (ECMA-376-1, 18.17.4.1). */
  date1904: boolean;
  /** By index of the cell's style. */
  styles: readonly NumberMeaning[];
  strings: SharedStrings;
}

const SHEETS_AT_MOST = 100;
const STYLES_AT_MOST = 100_000;

/** @throws Unreadable */
export async function readWorkbook(parts: Package): Promise<Workbook> {
  const main = (await relations(parts, '_rels/.rels', '')).find(({ type }) => type.endsWith('/officeDocument'));
  const path = main?.target ?? 'xl/workbook.xml';
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const related = await relations(parts, `${folder}_rels/${path.slice(folder.length)}.rels`, folder);
  const targets = new Map(related.map(({ id, target }) => [id, target]));
  const sheets: SheetEntry[] = [];
  let date1904 = false;
  await readWhole(parts.part(path), {
    open(name, attributes) {
      if (name === 'workbookPr') date1904 = ['1', 'true', 'on'].includes(attributes.date1904 ?? '');
      if (name !== 'sheet') return;
      const part = targets.get(attributeOf(attributes, 'id') ?? '');
      const sheet = (attributes.name ?? '').slice(0, 100);
      if (part !== undefined) sheets.push({ name: sheet, part, hidden: (attributes.state ?? 'visible') !== 'visible' });
      if (sheets.length > SHEETS_AT_MOST) throw new Unreadable(1, 'size', 'the workbook has more than 100 sheets');
    },
    close() {},
  });
  const partOf = (type: string) => related.find((each) => each.type.endsWith(`/${type}`) && parts.has(each.target));
  const styles = partOf('styles');
  return {
    sheets: sheets.filter(({ part }) => part.includes('worksheets/')),
    date1904,
    styles: styles === undefined ? [] : await readStyles(parts.part(styles.target)),
    strings: await readSharedStrings(parts, partOf('sharedStrings')?.target),
  };
}

interface PackageRelation {
  id: string;
  type: string;
  target: string;
}

async function relations(parts: Package, name: string, folder: string): Promise<PackageRelation[]> {
  const found: PackageRelation[] = [];
  if (!parts.has(name)) return found;
  await readWhole(parts.part(name), {
    open(tag, { Id = '', Type = '', Target = '', TargetMode }) {
      if (tag !== 'Relationship' || TargetMode === 'External') return;
      found.push({ id: Id, type: Type, target: Target.startsWith('/') ? Target.slice(1) : folder + Target });
      if (found.length > 10 * SHEETS_AT_MOST) throw damaged('it has too many relations');
    },
    close() {},
  });
  return found;
}

async function readStyles(part: AsyncIterable<Buffer>): Promise<NumberMeaning[]> {
  const formats = new Map<string, NumberMeaning>();
  const styles: NumberMeaning[] = [];
  let inCells = false;
  await readWhole(part, {
    open(name, { numFmtId = '', formatCode = '' }) {
      if (name === 'numFmt') formats.set(numFmtId, meaningOf(formatCode));
      if (name === 'cellXfs') inCells = true;
      if (name === 'xf' && inCells) styles.push(formats.get(numFmtId) ?? builtIn(Number(numFmtId)));
      if (styles.length > STYLES_AT_MOST || formats.size > STYLES_AT_MOST) throw damaged('it has too many styles');
    },
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return styles;
}

/** Format numbers without description in files (ECMA-376-1, 18.8.30); 27–36 and 50–58 are Chinese dates. */
function builtIn(id: number): NumberMeaning {
  if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47) || (id >= 32 && id <= 35) || id === 55 || id === 56)
    return 'time';
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58) ? 'date' : 'number';
}

/** By letters outside quotes, brackets and escapes: y and d make a date, h and s a time, m alone a date. */
function meaningOf(format: string): NumberMeaning {
  const letters = format
    .slice(0, 255)
    .split(';')[0]!
    .replace(/"[^"]*"|\\.|_.|\*./g, '')
    .replace(/\[(?![hms]+\])[^\]]*\]/gi, '')
    .replace(/general|am\/pm|a\/p/gi, '')
    .toLowerCase();
  if (/[#0?]/.test(letters.replace(/s\.0+/, 's'))) return 'number';
  if (/[yd]/.test(letters)) return 'date';
  if (/[hs]/.test(letters)) return 'time';
  return letters.includes('m') ? 'date' : 'number';
}
