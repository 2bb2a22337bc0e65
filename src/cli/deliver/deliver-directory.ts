import { type Client, connect, expectSuccess } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { mediaTypeOf } from '../media-type.js';
import type { ChosenFile, FileChoice } from './choose-files.js';
import type { Delivering } from './deliver-options.js';
import { DELIVERY, type FileOutcome, outcomeTable, tallyOf } from './file-outcome.js';
import { openProgress } from './progress.js';
import { saveRejects } from './rejects.js';
import { sendFile } from './send-file.js';

/**
 * Delivers the files one after the other and prints a table at the end. A refused file does not stop the others.
 * @throws CommandError interrupted or noServer, after the table of the files that ended
 */
export async function deliverDirectory({ chosen, leftOut }: FileChoice, options: Delivering): Promise<void> {
  if (!options.json) for (const { name, reason } of leftOut) process.stderr.write(`left out ${name}: ${reason}\n`);
  const clientFor = clients(options);
  const total = chosen.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = openProgress(total, options);
  const outcomes: FileOutcome[] = [];
  try {
    for (const each of chosen) {
      progress.begin(each.name, each.bytes);
      const outcome = await deliverEach(each, { options, clientFor, onSent: progress.sent });
      outcomes.push(outcome);
      if (options.json) process.stdout.write(`${JSON.stringify(lineOf(outcome))}\n`);
    }
  } finally {
    progress.stop();
    printOutcomes(outcomes, options);
  }
}

interface Work {
  options: Delivering;
  clientFor(publisher: string): Promise<Client>;
  onSent(bytes: number): void;
}

async function deliverEach(chosen: ChosenFile, { options, clientFor, onSent }: Work): Promise<FileOutcome> {
  const { file, name, dataset } = chosen;
  const { mode, again = false, signal } = options;
  try {
    const media = mediaTypeOf(file, options);
    const client = await clientFor(dataset.publisher);
    const reply = await sendFile({ client, file, path: dataset.path, mode, again, media, signal, onSent });
    const delivery = expectSuccess(reply, DELIVERY);
    if (options.rejects !== undefined && delivery.rejected > 0) {
      const path = `${dataset.path}/deliveries/${delivery.id}/rejects`;
      await saveRejects(client, path, { directory: options.rejects, chosen, media });
    }
    return { name, dataset, delivery };
  } catch (error) {
    if (!(error instanceof CommandError) || !KEEPS_NONE_BACK.includes(error.exitCode)) throw error;
    return {
      name,
      dataset,
      refused: error.message
        .split('\n')
        .map((line) => line.trim())
        .join(' '),
    };
  }
}

/** A refusal, or a bad file or key, concerns that file only. */
const KEEPS_NONE_BACK: readonly number[] = [EXIT.refused, EXIT.usage];

/** One connection per publisher's application. */
function clients(options: Delivering): Work['clientFor'] {
  const open = new Map<string, Promise<Client>>();
  return (publisher) => {
    const application = options.as ?? `${publisher}-publisher`;
    const client = open.get(application) ?? connect({ ...options, application, resource: 'data' });
    open.set(application, client);
    return client;
  };
}

function lineOf(outcome: FileOutcome): object {
  const { name: file, dataset } = outcome;
  const named = { file, dataset: dataset.contract };
  return 'refused' in outcome
    ? { ...named, state: 'refused', error: outcome.refused }
    : { ...named, ...outcome.delivery };
}

function printOutcomes(outcomes: readonly FileOutcome[], { json }: Delivering): void {
  const tally = tallyOf(outcomes);
  if (tally.rejected + tally.refused > 0) process.exitCode = EXIT.refused;
  if (json) process.stdout.write(`${JSON.stringify({ summary: tally })}\n`);
  else if (outcomes.length > 0) process.stdout.write(`${outcomeTable(outcomes)}\n${sentence(tally)}\n`);
}

function sentence({ files, ...counts }: ReturnType<typeof tallyOf>): string {
  const nonZero = Object.entries(counts).filter(([, count]) => count > 0);
  return `${files} ${files === 1 ? 'file' : 'files'}: ${nonZero.map(([state, count]) => `${count} ${state}`).join(', ')}`;
}
