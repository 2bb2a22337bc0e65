import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import Type from 'typebox';
import { type ActingOptions, actingOperator, connectPlatform } from '../../acting.js';
import { type Client, expectSuccess } from '../../client.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { WORKBOOK } from '../../media-type.js';
import { print } from '../../output.js';

const DRAFTS = Type.Object({
  data: Type.Array(
    Type.Object({
      dataset: Type.String(),
      state: Type.String(),
      yaml: Type.String(),
      document: Type.Object({ version: Type.String() }),
    }),
  ),
});
const FORM = '/api/v1/catalog/form';

/** Adds `import <form> <dir>` to the `catalog` command: the entries of a filled national form as files of a catalog. */
export function addCatalogImport(catalog: Command): Command {
  return actingOperator(catalog.command('import'), 'print the entries as JSON')
    .argument('<form>', 'the filled form, an .xlsx')
    .argument('<dir>', 'folder for the contracts that are new or changed')
    .description('turn the national form into contracts: published ones with what it says, and new drafts')
    .action(importForm);
}

/** Exit code 1 with faults: they are in a copy of the form, as comments. */
async function importForm(form: string, folder: string, options: ActingOptions): Promise<void> {
  const client = await connectPlatform(options);
  const reply = await client.request('POST', FORM, { 'content-type': WORKBOOK }, createReadStream(form));
  if (reply.status === 422) await refuse(client, form, reply.text);
  const drafts = expectSuccess(reply, DRAFTS);
  const lines = drafts.data.map(({ dataset, state, yaml, document }) => {
    if (state === 'unchanged') return `${state}  ${dataset}`;
    const file = join(folder, `${dataset}.v${document.version.split('.')[0]}.yaml`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, yaml);
    return `${state}  ${dataset}  ${file}`;
  });
  print(options, drafts, lines.join('\n'));
}

async function refuse(client: Client, form: string, problem: string): Promise<void> {
  if (!problem.includes('"pointer":"/')) return; // not a fault of cells
  const into = form.replace(/(\.xlsx)?$/i, '.faults.xlsx');
  const headers = { 'content-type': WORKBOOK, accept: WORKBOOK };
  const annotated = await client.send(`${FORM}/check`, { method: 'POST', headers, body: createReadStream(form), into });
  if (annotated.status === 200)
    throw new CommandError(EXIT.refused, `The form has faults: ${into} says each in its cell.`);
}
