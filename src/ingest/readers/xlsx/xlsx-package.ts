import type { Readable } from 'node:stream';
import { type Entry, fromFd, type ZipFile } from 'yauzl';
import { foreign, formatOf, isMarkup } from '../formats.js';
import { Unreadable } from '../source.js';
import type { Spooled } from '../spool.js';

/** The parts of an Office Open XML package (ECMA-376-2). Names are as in the archive, without a leading slash. */
export interface Package {
  has(name: string): boolean;
  /** Inflates while it reads. Throws Unreadable where there is no such part, or its declared size is wrong. */
  part(name: string): AsyncGenerator<Buffer>;
}

const PARTS_AT_MOST = 5_000;
/** XML of a sheet is 10 to 50 times its zip; a bomb reaches 1,000. */
const RATIO_AT_MOST = 200;
/** Below this size the ratio is not checked. */
const RATIO_FROM_BYTES = 8 * 1024 * 1024;
const BEGINNING_BYTES = 4_096;
/** A password makes the file an old container. Its directory is at the end of small files, else at the beginning. */
const SEARCHED_BYTES = 1_048_576;

/**
 * Opens a workbook; refuses other files and says what to do. Sizes are those that the archive declares; yauzl aborts a
 * part that inflates to another size.
 * @throws Unreadable
 */
export async function openPackage(spooled: Spooled, limitBytes: number): Promise<Package> {
  await refuseOthers(spooled);
  const zip = await openZip(spooled.fd);
  const entries = new Map<string, Entry>();
  let bytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.isEncrypted()) throw foreign('password');
      if (entries.size >= PARTS_AT_MOST) throw damaged('it has more than 5,000 parts');
      bytes += entry.uncompressedSize;
      const bomb = entry.uncompressedSize > Math.max(RATIO_FROM_BYTES, entry.compressedSize * RATIO_AT_MOST);
      if (bomb || bytes > limitBytes) throw new Unreadable(1, 'size', 'the workbook grows too large when decompressed');
      if (entries.has(entry.fileName)) throw damaged('a part appears twice');
      entries.set(entry.fileName, entry);
    }
  } catch (error) {
    throw error instanceof Unreadable ? error : damaged('its list of parts cannot be read', error);
  }
  refuseOtherPackages(entries);
  return { has: (name) => entries.has(name), part: (name) => inflate(zip, entries.get(name), name) };
}

async function refuseOthers(spooled: Spooled): Promise<void> {
  const beginning = await spooled.read(0, BEGINNING_BYTES);
  const end = await spooled.read(Math.max(0, spooled.size - SEARCHED_BYTES), SEARCHED_BYTES);
  const format = formatOf(beginning, Buffer.concat([await spooled.read(0, SEARCHED_BYTES), end]));
  if (format === 'zip') return;
  throw foreign(format ?? (isMarkup(beginning) ? 'html' : 'text'));
}

function refuseOtherPackages(entries: ReadonlyMap<string, Entry>): void {
  if (entries.has('xl/workbook.xml') || entries.has('_rels/.rels')) {
    if (!entries.has('xl/workbook.bin') && !entries.has('word/document.xml')) return;
  }
  const ods = entries.has('mimetype') && entries.has('content.xml');
  const what = ods ? 'an OpenDocument table (.ods)' : 'an archive or a document of another kind';
  throw new Unreadable(1, 'format', `the file is ${what} and no .xlsx: open it, save it as .xlsx, and send that`);
}

/** The spool closes the descriptor. */
function openZip(fd: number): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, validateEntrySizes: true, strictFileNames: false };
    fromFd(fd, options, (error, zip) =>
      error ? reject(damaged('it is cut off, or no archive at all', error)) : resolve(zip),
    );
  });
}

async function* inflate(zip: ZipFile, entry: Entry | undefined, name: string): AsyncGenerator<Buffer> {
  if (entry === undefined) throw damaged(`${name.slice(0, 100)} is missing`);
  try {
    const stream = await new Promise<Readable>((resolve, reject) =>
      zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    yield* stream;
  } catch (error) {
    throw error instanceof Unreadable ? error : damaged(`${name.slice(0, 100)} cannot be read`, error);
  }
}

export function damaged(how: string, cause?: unknown): Unreadable {
  const unreadable = new Unreadable(
    1,
    'format',
    `the workbook is damaged (${how}): open it, save it, and send it again`,
  );
  unreadable.cause = cause;
  return unreadable;
}
