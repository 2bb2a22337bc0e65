import type { FileMetaData } from 'hyparquet';
import { Unreadable } from '../source.js';
import type { Spooled } from '../spool.js';
import { readStruct } from './thrift.js';

const PAGE_AT_MOST = 32 * 1024 * 1024;
/** A page of one repeated value takes three bytes; decoded it is an array. */
const VALUES_AT_MOST = 4_000_000;
const HEADER_AT_MOST = 64 * 1024;

/**
 * Reads the headers of a row group's pages, because the decoder trusts their sizes and counts: a page of a few bytes
 * may claim two thousand million values. The sums must match the footer, or the file is refused.
 * @throws Unreadable
 */
export async function checkPages(spooled: Spooled, group: FileMetaData['row_groups'][number]): Promise<void> {
  const rows = Number(group.num_rows);
  for (const { meta_data: meta } of group.columns) {
    if (meta === undefined) throw lying('a column without a description');
    const dictionary = Number(meta.dictionary_page_offset ?? 0n);
    const data = Number(meta.data_page_offset);
    const start = dictionary > 0 && dictionary < data ? dictionary : data;
    const end = start + Number(meta.total_compressed_size);
    if (start < 4 || end > spooled.size) throw lying('a column outside of the file');
    let values = 0;
    for (let at = start; at < end && values < rows; ) {
      const { page, length } = pageHeader(await spooled.read(at, Math.min(HEADER_AT_MOST, end - at)));
      if (page.bytes > PAGE_AT_MOST) throw new Unreadable(1, 'size', 'a page of the Parquet file is larger than 32 MB');
      if (page.compressed < 0 || page.compressed > end - at) throw lying('a page longer than its column');
      if (page.values > VALUES_AT_MOST) throw new Unreadable(1, 'size', 'a page has more than 4,000,000 values');
      if (page.values < 0 || page.values > Math.max(rows, page.bytes)) throw lying('a page with more values than rows');
      if (!page.dictionary) values += page.values;
      at += length + page.compressed;
    }
    if (values !== rows) throw lying('a column with another number of values than rows');
  }
}

function lying(how: string): Unreadable {
  return new Unreadable(
    1,
    'format',
    `the Parquet file is not what it says (${how}): write it again, and send it again`,
  );
}

interface ParquetPage {
  /** Decompressed and stored size. */
  bytes: number;
  compressed: number;
  values: number;
  dictionary: boolean;
}

/** Header field that the decoder reads, by page type: data page, dictionary, data page of version 2. */
const HEADER_OF: Readonly<Record<number, number>> = { 0: 5, 2: 7, 3: 8 };

/** PageHeader of parquet.thrift: 1 is the type, 2 and 3 are sizes. */
function pageHeader(bytes: Buffer): { page: ParquetPage; length: number } {
  const { fields, length } = readStruct(bytes);
  const numberOf = (value: unknown): number => (typeof value === 'number' ? value : -1);
  const type = numberOf(fields.get(1));
  const inner = fields.get(HEADER_OF[type] ?? -1);
  const page: ParquetPage = {
    bytes: numberOf(fields.get(2)),
    compressed: numberOf(fields.get(3)),
    values: inner instanceof Map ? numberOf(inner.get(1)) : 0,
    dictionary: type === 2,
  };
  if (page.bytes < 0) throw lying('a page without a size');
  return { page, length };
}
