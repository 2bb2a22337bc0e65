import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { connect, expectSuccess } from '../client.js';
import type { DatasetName } from '../dataset-name.js';
import { EXIT } from '../exit-code.js';
import { mediaTypeOf } from '../media-type.js';
import { print } from '../output.js';
import type { Delivering } from './deliver-options.js';
import { DELIVERY, type DeliveryReply } from './file-outcome.js';
import { openProgress } from './progress.js';
import { printRejects, saveRejects } from './rejects.js';
import { sendFile } from './send-file.js';

/** Delivers one file and prints how it ended, with the first rejected rows. Throws CommandError with the refusal's text. */
export async function deliverOne(dataset: DatasetName, file: string, options: Delivering): Promise<void> {
  const media = mediaTypeOf(file, options);
  const application = options.as ?? `${dataset.publisher}-publisher`;
  const client = await connect({ ...options, application, resource: 'data' });
  const { size } = statSync(file);
  const progress = openProgress(size, options);
  progress.begin(basename(file), size);
  const { mode, again = false, signal } = options;
  const onSent = progress.sent;
  const reply = await sendFile({ client, file, path: dataset.path, mode, again, media, signal, onSent }).finally(
    progress.stop,
  );
  const result = expectSuccess(reply, DELIVERY);
  print(options, result, summary(result));
  const rejects = `${dataset.path}/deliveries/${result.id}/rejects`;
  if (result.rejected > 0) {
    if (!options.json) await printRejects(client, rejects);
    if (options.rejects !== undefined) {
      const into = { directory: options.rejects, chosen: { name: basename(file) }, media };
      const saved = await saveRejects(client, rejects, into);
      if (saved !== undefined && !options.json) process.stdout.write(`  rejected rows: ${saved}\n`);
    }
  }
  if (result.state !== 'published') process.exitCode = EXIT.refused;
}

function summary({ state, received, accepted, rejected, deleted, release, report }: DeliveryReply): string {
  const counts = `${received} received, ${accepted} accepted, ${rejected} rejected, ${deleted} deleted`;
  if (report?.unchanged) return `unchanged: the same file as in release ${report.unchanged.release}: ${counts}`;
  return state === 'published' ? `published as release ${release}: ${counts}` : `${state}: ${counts}${because(report)}`;
}

function because(report: DeliveryReply['report']): string {
  return report?.refused === undefined ? '' : ` (${report.refused.reason})`;
}
