import type { Source, SourceRow } from './source.js';

/** What UTF-8 becomes when another program reads it as GBK or Windows-1252 and saves that: no department writes these. */
const MISREAD = /[鐩锛銆鈥]|锟斤拷|â€|ï¼|Ã¤Â/;

/**
 * A source that counts the rows whose text an earlier program read in a wrong charset. Such text is valid, so the rows
 * are published, and their sender is warned.
 */
export function countingMisread(source: Source): Source & { misread(): number } {
  let misread = 0;
  return {
    ...source,
    misread: () => misread,
    async *batches() {
      for await (const rows of source.batches()) {
        for (const row of rows) if (isMisread(row)) misread++;
        yield rows;
      }
    },
  };
}

function isMisread({ content }: SourceRow): boolean {
  if (content.kind === 'broken') return false;
  const values = content.kind === 'cells' ? content.cells : Object.values(content.object);
  for (const value of values) if (typeof value === 'string' && MISREAD.test(value)) return true;
  return false;
}
