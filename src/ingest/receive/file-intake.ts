import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import type { Charset } from '../readers/csv/charset.js';
import { knownHeadings } from '../readers/known-headings.js';
import { type FileType, type ReadFile, sourceOf } from '../readers/open.js';
import { spoolDirectory } from '../readers/spool.js';
import type { Intake } from './intake.js';
import type { Body } from './receive.js';

/** A file as this node reads it, from a request, stored parts or a package. */
export function fileIntake(
  { config, clock }: { config: Pick<Config, 'dataDir' | 'deliveryLimitBytes'>; clock: Clock },
  { body, ...file }: { mediaType: FileType; charset: Charset | undefined; body: Body },
): Intake {
  const limitBytes = config.deliveryLimitBytes;
  const spool = { directory: spoolDirectory(config.dataDir), name: () => clock.uuid() };
  let source: ReadFile | undefined;
  return {
    mediaType: file.mediaType,
    meaning: `${file.charset ?? ''} ${body.manifest.encoding}`,
    stated: body.manifest.stated,
    open: async ({ contract }) => {
      source = sourceOf({ ...file, limitBytes, spool, content: body.content(), known: knownHeadings(contract) });
      return source;
    },
    arrive: () => body.arrive(spool),
    close: body.close,
    bytes: body.bytes,
    digest: body.digest,
    drain: body.drain,
    notes() {
      const [charset, misread, ignored] = [source?.charset(), source?.misread() ?? 0, source?.ignored?.() ?? []];
      const notes = {
        ...(charset === undefined ? {} : { charset }),
        ...(misread === 0 ? {} : { misreadRows: misread }),
        ...(ignored.length === 0 ? {} : { ignoredSheets: ignored }),
      };
      return Object.keys(notes).length === 0 ? undefined : notes;
    },
  };
}
