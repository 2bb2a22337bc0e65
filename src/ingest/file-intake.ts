import type { Intake } from './intake.js';
import type { Body } from './receive.js';
import type { Charset } from './sources/charset.js';
import { knownHeadings } from './sources/known-headings.js';
import { type FileType, sourceOf } from './sources/open.js';
import type { Source } from './sources/source.js';
import type { Spool } from './sources/spool.js';

export interface DeliveredFile {
  mediaType: FileType;
  charset: Charset | undefined;
  body: Body;
  spool: Spool;
  /** Of what is inside of a workbook, decompressed. */
  limitBytes: number;
}

/** A file that a publisher sends, as the body of a request. */
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
