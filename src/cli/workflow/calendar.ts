import { Command } from 'commander';
import Type from 'typebox';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

const PATH = '/api/v1/calendar';
const YEAR = Type.Object({
  year: Type.Number(),
  source: Type.String(),
  holidays: Type.Array(Type.String()),
  workdays: Type.Array(Type.String()),
});
const DUE = Type.Object({
  title: Type.Object({ zh: Type.String() }),
  article: Type.Number(),
  due: Type.String(),
  provisional: Type.Boolean(),
  extendedAtMost: Type.Union([Type.String(), Type.Null()]),
});

/** `calendar import|list|due`: the working days by which deadlines are counted. */
export function calendarCommand(): Command {
  const calendar = new Command('calendar').description('working days: import a year, and compute due dates');
  actingOperator(calendar.command('import'))
    .argument('<file>', 'JSON as in schemas/working-days.schema.json')
    .description('put the yearly notice of the State Council in force')
    .action(importYear);
  actingOperator(calendar.command('list')).description('the years in force').action(list);
  actingOperator(calendar.command('due'))
    .argument('<duty>', 'such as reply-conditional')
    .option('--from <date>', 'the start day, which is not counted (default: today)')
    .description('when a duty is due, with its article')
    .action(due);
  return calendar;
}

async function importYear(file: string, options: ActingOptions): Promise<void> {
  const reply = await callPlatform(options, 'PUT', PATH, readDocument(file));
  const result = expectSuccess(reply, Type.Object({ data: YEAR }));
  print(options, result, lineOf(result.data));
}

async function list(options: ActingOptions): Promise<void> {
  const reply = await callPlatform(options, 'GET', PATH);
  const result = expectSuccess(reply, Type.Object({ data: Type.Array(YEAR) }));
  print(options, result, result.data.map(lineOf).join('\n'));
}

async function due(duty: string, options: ActingOptions & { from?: string }): Promise<void> {
  const asked = new URLSearchParams({ duty, ...(options.from === undefined ? {} : { from: options.from }) });
  const reply = await callPlatform(options, 'GET', `${PATH}/due?${asked}`);
  const result = expectSuccess(reply, Type.Object({ data: DUE }));
  const { title, article, due: day, provisional, extendedAtMost } = result.data;
  const more = extendedAtMost === null ? '' : `, extended until ${extendedAtMost} at most`;
  print(options, result, `${day}${provisional ? ' (provisional)' : ''}  ${title.zh} (art. ${article})${more}`);
}

function lineOf({
  year,
  source,
  holidays,
  workdays,
}: {
  year: number;
  source: string;
  holidays: string[];
  workdays: string[];
}): string {
  return `${year}  ${holidays.length} days off, ${workdays.length} make-up days  ${source}`;
}
