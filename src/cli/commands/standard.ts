import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import Type, { type Static } from 'typebox';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { codesFromCsv, csvOfCodes, listNameOf } from '../code-list-csv.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';

interface StandardApplyOptions extends ActingOptions {
  note: string;
  list?: string;
  titleZh?: string;
  titleEn?: string;
  basedOn?: string;
}

const TITLE = Type.Object({ zh: Type.String(), en: Type.Optional(Type.String()) });
const SUMMARY = Type.Object({
  name: Type.String(),
  title: TITLE,
  source: Type.Union([Type.String(), Type.Null()]),
  version: Type.Number(),
  codeCount: Type.Number(),
});
const WITH_CODES = Type.Object({
  ...SUMMARY.properties,
  since: Type.Union([Type.String(), Type.Null()]),
  codes: Type.Array(Type.Object({ code: Type.String(), title: TITLE, retired: Type.Boolean() })),
});

const PATH = '/api/v1/standard/code-lists';

/** `standard list|show|export|apply`: the code lists in force, and changes by an operator. */
export function standardCommand(): Command {
  const standard = new Command('standard').description('read and change the code lists of the standard');
  actingOperator(standard.command('list')).description('every code list in force').action(list);
  actingOperator(standard.command('show')).argument('<list>').description('one code list with its codes').action(show);
  actingOperator(standard.command('export'))
    .argument('<list>')
    .description('one code list as CSV: code, title_zh, title_en, retired')
    .option('-o, --output <file>', 'where to (default: standard output)')
    .action(exportList);
  actingOperator(standard.command('apply'))
    .argument('<csv>', 'the whole list, as export writes it')
    .description('change a code list to match this file; in force on every node when the command returns')
    .requiredOption('--note <text>', 'the reason, for readers of the history')
    .option('--list <name>', 'which list (default: the name of the file)')
    .option('--title-zh <text>', 'title of a new list')
    .option('--title-en <text>', 'title of a new list in English')
    .option('--based-on <version>', 'refuse where another version is in force')
    .action(apply);
  return standard;
}

async function list(options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'GET', PATH), Type.Object({ data: Type.Array(SUMMARY) }));
  const lines = result.data.map(
    ({ name, title, source, version, codeCount }) =>
      `${name}  ${title.zh}  ${source ?? 'tenant list'}  v${version}  ${codeCount} codes`,
  );
  print(options, result, lines.join('\n'));
}

async function show(name: string, options: ActingOptions): Promise<void> {
  const result = await readList(name, options);
  const shown = result.data;
  const since = shown.since === null ? 'as shipped' : `since ${shown.since}`;
  const head = `${shown.name}  ${shown.title.zh}  ${shown.source ?? 'tenant list'}  v${shown.version}  ${since}`;
  const codes = shown.codes.map(({ code, title, retired }) =>
    [code, title.zh, ...(title.en === undefined ? [] : [title.en]), ...(retired ? ['(retired)'] : [])].join('  '),
  );
  print(options, result, [head, ...codes].join('\n'));
}

async function exportList(name: string, options: ActingOptions & { output?: string }): Promise<void> {
  const result = await readList(name, options);
  const { codes } = result.data;
  const text = csvOfCodes(codes);
  if (options.output !== undefined) {
    writeFileSync(options.output, text);
    print(options, { list: name, file: options.output, codes: codes.length }, `${codes.length} codes written`);
  } else if (options.json) print(options, result, '');
  else process.stdout.write(text);
}

async function readList(name: string, options: ActingOptions): Promise<{ data: Static<typeof WITH_CODES> }> {
  const reply = await callPlatform(options, 'GET', `${PATH}/${encodeURIComponent(name)}`);
  return expectSuccess(reply, Type.Object({ data: WITH_CODES }));
}

async function apply(file: string, options: StandardApplyOptions): Promise<void> {
  const name = options.list ?? listNameOf(file);
  const body = JSON.stringify({
    ...titleOf(options),
    codes: codesFromCsv(file),
    note: options.note,
    ...basedOnOf(options),
  });
  const reply = await callPlatform(options, 'PUT', `${PATH}/${encodeURIComponent(name)}`, body);
  const result = expectSuccess(reply, Type.Object({ data: SUMMARY, behind: Type.Array(Type.String()) }));
  const { data, behind } = result;
  const late = behind.map((node) => `node ${node} does not serve it yet`);
  print(options, result, [`${data.name}  v${data.version}  ${data.codeCount} codes`, ...late].join('\n'));
}

function titleOf({ titleZh: zh, titleEn: en }: StandardApplyOptions): { title?: { zh: string; en?: string } } {
  if (zh === undefined && en === undefined) return {};
  if (zh === undefined) throw new CommandError(EXIT.usage, 'A title is Chinese first: give --title-zh.');
  return { title: { zh, ...(en === undefined ? {} : { en }) } };
}

function basedOnOf({ basedOn }: StandardApplyOptions): { basedOn?: number } {
  if (basedOn === undefined) return {};
  if (!/^\d{1,9}$/.test(basedOn)) throw new CommandError(EXIT.usage, '--based-on takes the number of a version.');
  return { basedOn: Number(basedOn) };
}
