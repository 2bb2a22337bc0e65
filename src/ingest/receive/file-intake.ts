import type { Charset } from '../readers/csv/charset.js';
import { knownHeadings } from '../readers/known-headings.js';
import { type FileType, sourceOf } from '../readers/open.js';
import type { Source } from '../readers/source.js';
import type { Spool } from '../readers/spool.js';
import type { Intake } from './intake.js';
import type { Body } from './receive.js';

export interface DeliveredFile {
  mediaType: FileType;
  charset: Charset | undefined;
  body: Body;
  spool: Spool;
  /** Limit of a workbook's decompressed content. */
  limitBytes: number;
}

/** A file that a publisher sends as the body of a request. */
export function fileIntake({ body, ...file }: DeliveredFile): Intake {
  let source: Source | undefined;
  return {
    mediaType: file.mediaType,
    meaning: `${file.charset ?? ''} ${body.manifest.encoding}`,
    stated: body.manifest.stated,
    open: async ({ contract }) => {
      source = sourceOf({ ...file, content: body.content(), known: knownHeadings(contract) });
      return source;
    },
    bytes: body.bytes,
    digest: body.digest,
    drain: body.drain,
    notes() {
      const ignored = source?.ignored?.() ?? [];
      return ignored.length === 0 ? undefined : { ignoredSheets: ignored };
    },
  };
}
