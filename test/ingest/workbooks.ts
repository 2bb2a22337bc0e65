import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { deflateRawSync } from 'node:zlib';
import ExcelJS from 'exceljs';
import yauzl from 'yauzl';
import { ZipFile } from 'yazl';
import { packageRoot } from '../../src/platform/paths.js';

export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
export const PARQUET = 'application/vnd.apache.parquet';

/** A real workbook: sheets by name, each with its rows; `edit` may do what rows cannot say. */
export async function workbook(
  sheets: Readonly<Record<string, readonly (readonly unknown[])[]>>,
  edit?: (book: ExcelJS.Workbook) => void,
): Promise<Buffer> {
  const book = new ExcelJS.Workbook();
  for (const [name, rows] of Object.entries(sheets)) {
    const sheet = book.addWorksheet(name);
    rows.forEach((row, at) => {
      row.forEach((value, column) => {
        if (value !== undefined) sheet.getCell(at + 1, column + 1).value = value as ExcelJS.CellValue;
      });
    });
  }
  edit?.(book);
  return Buffer.from(await book.xlsx.writeBuffer());
}

/** The same archive with some parts replaced. */
export async function rewritten(xlsx: Buffer, change: (name: string, content: Buffer) => Buffer): Promise<Buffer> {
  const zip = await yauzl.fromBufferPromise(xlsx, { lazyEntries: true });
  const out = new ZipFile();
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const stream = await zip.openReadStreamPromise(entry);
    out.addBuffer(change(entry.fileName, await buffer(stream)), entry.fileName);
  }
  out.end();
  return buffer(out.outputStream);
}

/** An archive with one part that declares a wrong size. */
export function lyingZip(name: string, content: Buffer, declared: number): Buffer {
  const data = deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(declared, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(20, 6);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(declared, 24);
  central.writeUInt16LE(name.length, 28);
  const body = Buffer.concat([local, Buffer.from(name), data]);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(body.length, 16);
  return Buffer.concat([body, central, Buffer.from(name), end]);
}

/** A Parquet file, from the source text of hyparquet-writer's options. Plain Node writes it: the test's loader cannot resolve that package. */
export function parquetOf(options: string): Buffer {
  const script = `import { parquetWriteBuffer } from 'hyparquet-writer'; process.stdout.write(Buffer.from(parquetWriteBuffer(${options})))`;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS'));
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: packageRoot, env });
}
