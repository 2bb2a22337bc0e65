import type { Charset } from '../../ingest/readers/csv/charset.js';
import type { FileType } from '../../ingest/readers/open.js';
import { spoolDirectory } from '../../ingest/readers/spool.js';
import { fileIntake } from '../../ingest/receive/file-intake.js';
import type { Intake } from '../../ingest/receive/intake.js';
import type { Body } from '../../ingest/receive/receive.js';
import type { Exchange } from '../exchange.js';

/** A file as this node reads it, from a request, stored parts or a package. */
export function fileIntakeOf(
  { config, clock }: Pick<Exchange, 'config' | 'clock'>,
  file: { mediaType: FileType; charset: Charset | undefined; body: Body },
): Intake {
  const { dataDir, deliveryLimitBytes: limitBytes } = config;
  return fileIntake({ ...file, limitBytes, spool: { directory: spoolDirectory(dataDir), name: () => clock.uuid() } });
}
