import type { Intake } from './intake.js';
import type { Body } from './receive.js';
import type { Charset } from './sources/charset.js';
import { type FileType, sourceOf } from './sources/open.js';

/** A file that a publisher sends, as the body of a request. */
export function fileIntake(file: { mediaType: FileType; charset: Charset | undefined; body: Body }): Intake {
  const { mediaType, charset, body } = file;
  return {
    mediaType,
    open: async () => sourceOf(mediaType, charset, body.content()),
    bytes: body.bytes,
    digest: body.digest,
    drain: body.drain,
  };
}
