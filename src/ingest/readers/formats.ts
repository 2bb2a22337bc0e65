import { Unreadable } from './source.js';

const OLE2 = Buffer.from('d0cf11e0a1b11ae1', 'hex');
/** Name of the stream in which Office keeps a workbook with a password (MS-OFFCRYPTO, 2.3.4). */
const ENCRYPTED = Buffer.from('EncryptedPackage', 'utf16le');

const REASONS = {
  xls: 'the file is an old Excel workbook (.xls): open it, save it as .xlsx, and send that',
  password: 'the workbook has a password: remove it (File, Info, Protect Workbook), save, and send it again',
  html: 'the file is a web page or an XML file with the name of a workbook: open it in Excel, save it as .xlsx, and send that',
  text: 'the file is text and no workbook: send it as text/csv, or save it as .xlsx',
  pdf: 'the file is a PDF: send the table that it was made from, as .xlsx or CSV',
  zip: 'the file is a workbook or an archive and no text: send a workbook as .xlsx, under its own media type',
  parquet: 'the file is Parquet: send it as application/vnd.apache.parquet',
  notParquet: 'the file is no Parquet: send it under the media type of what it is',
  gzip: 'the file is compressed: say so by Content-Encoding: gzip',
} as const;
export type ForeignFormat = keyof typeof REASONS;

/** The format by the first bytes; undefined for text. The marker of a password may be deeper in `whole`. */
export function formatOf(beginning: Buffer, whole = beginning): ForeignFormat | undefined {
  if (beginning.subarray(0, 8).equals(OLE2)) return whole.includes(ENCRYPTED) ? 'password' : 'xls';
  const magic = beginning.toString('latin1', 0, 5);
  if (magic.startsWith('PK\x03\x04') || magic.startsWith('PK\x05\x06')) return 'zip';
  if (magic.startsWith('PAR1')) return 'parquet';
  if (magic === '%PDF-') return 'pdf';
  return magic.startsWith('\x1f\x8b') ? 'gzip' : undefined;
}

/** HTML or XML under the name of a workbook: many older systems export this. */
export function isMarkup(beginning: Buffer): boolean {
  return /^[\ufeffï»¿\s]*<(!doctype|html|table|\?xml|head|meta|style|div)/i.test(beginning.toString('latin1', 0, 512));
}

export function foreign(format: ForeignFormat): Unreadable {
  return new Unreadable(1, 'format', REASONS[format]);
}
