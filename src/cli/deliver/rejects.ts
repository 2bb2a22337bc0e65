import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Type from 'typebox';
import { Check } from 'typebox/value';
import type { Client } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { type MediaType, WORKBOOK } from '../media-type.js';
import type { ChosenFile } from './choose-files.js';

const SHOWN = 10;

const REJECT = Type.Object({
  line: Type.Number(),
  errors: Type.Array(
    Type.Object({
      field: Type.Union([Type.String(), Type.Null()]),
      reason: Type.String(),
      sheet: Type.Optional(Type.String()),
      cell: Type.Optional(Type.String()),
    }),
  ),
});

/** Prints the first rejected rows and their faults. */
export async function printRejects(client: Client, path: string): Promise<void> {
  const reply = await client.request('GET', path);
  if (reply.status !== 200) return;
  const rejects = reply.text.split('\n').filter(Boolean);
  for (const text of rejects.slice(0, SHOWN)) {
    const reject: unknown = JSON.parse(text);
    if (!Check(REJECT, reject)) throw new CommandError(EXIT.refused, 'The rejected rows are in an unknown form.');
    const { line, errors } = reject;
    const described = errors.map(
      ({ field, reason, sheet, cell }) => `${cell ? `${sheet}!${cell} ` : ''}${field ?? 'row'}: ${reason}`,
    );
    process.stdout.write(`  line ${line}: ${described.join('; ')}\n`);
  }
  const more = rejects.length - SHOWN;
  if (more > 0) process.stdout.write(`  and ${more} more: GET ${client.baseUrl}${path}\n`);
}

/**
 * Saves the rejected rows of a file under its own name: for a workbook a workbook with a comment in each faulty cell, else NDJSON. Returns the path,
 * or undefined where the exchange does not return them.
 */
export async function saveRejects(
  client: Client,
  path: string,
  { directory, chosen, media }: { directory: string; chosen: Pick<ChosenFile, 'name'>; media: MediaType },
): Promise<string | undefined> {
  const isWorkbook = media.contentType === WORKBOOK;
  const into = join(directory, `${chosen.name}.rejects.${isWorkbook ? 'xlsx' : 'ndjson'}`);
  mkdirSync(dirname(into), { recursive: true });
  const headers = { accept: isWorkbook ? WORKBOOK : 'application/x-ndjson' };
  const reply = await client.send(path, { method: 'GET', headers, into });
  return reply.status === 200 ? into : undefined;
}
