import { itemAt, known } from '../../../platform/known.js';
import { derivable } from '../../derive/derivable.js';
import type { Validator } from '../../judge/validator.js';
import { Unreadable } from '../source.js';
import type { TableColumn } from './connection.js';
import { absentTable } from './source-problem.js';

/** A column that fills a field, and its heading in the contract. */
interface ChosenColumn {
  column: TableColumn;
  heading: string;
  field: number;
}

export interface Choice {
  chosen: readonly ChosenColumn[];
  /** Columns that fill no field; they are not read. */
  unmapped: readonly string[];
  /** Types that changed within their kind since the last release. */
  changed: readonly { column: string; from: string; to: string }[];
}

/** Name → type at the last release; undefined without a release, or where the contract has changed since. */
export type ColumnsBefore = Readonly<Record<string, string>> | undefined;

/**
 * Matches the table's columns with the contract's headings, exactly or else ignoring case, which databases fold
 * differently.
 * @throws Unreadable where a required column is missing, two columns would fill one field, or a column has changed its
 * kind
 */
export function chooseColumns(validator: Validator, columns: readonly TableColumn[], before: ColumnsBefore): Choice {
  if (columns.length === 0) {
    throw absentTable();
  }
  const chosen = columns.flatMap((column) => chosenFor(validator, column));
  refuseTwice(validator, chosen);
  refuseMissing(validator, chosen);
  const taken = new Set(chosen.map(({ column }) => column.name));
  return {
    chosen,
    unmapped: columns.map(({ name }) => name).filter((name) => !taken.has(name)),
    changed: changesOf(chosen, before),
  };
}

/** @throws Unreadable where there is no such column, or its kind has no order to rely on */
export function chooseWatermark(columns: readonly TableColumn[], name: string): TableColumn {
  const exact = columns.filter((column) => column.name === name);
  const alike = columns.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  const [found] = exact.length > 0 ? exact : alike;
  if (found === undefined) throw new Unreadable(0, 'watermark', `the table has no column ${name} for the watermark`);
  // The order of texts depends on collations, and a text may name a person.
  if (!['time', 'number'].includes(kindOf(found.type))) {
    throw new Unreadable(0, 'watermark', `the watermark ${name} is ${found.type}, neither a time nor a number`);
  }
  return found;
}

function chosenFor({ mapping }: Validator, column: TableColumn): ChosenColumn[] {
  const folded = column.name.toLowerCase();
  const alike = mapping.has(column.name)
    ? [column.name]
    : [...mapping.keys()].filter((heading) => heading.toLowerCase() === folded);
  const [field, ...others] = new Set(alike.map((heading) => known(mapping, heading).field));
  const [heading] = alike;
  if (heading === undefined || field === undefined || others.length > 0) return [];
  return [{ column, heading, field }];
}

function refuseTwice({ fields }: Validator, chosen: readonly ChosenColumn[]): void {
  const filled = new Map<number, string>();
  for (const { field, column } of chosen) {
    const other = filled.get(field);
    if (other !== undefined) {
      const reason = `the columns ${other} and ${column.name} would both fill ${fields[field]}`;
      throw new Unreadable(0, 'columns', reason);
    }
    filled.set(field, column.name);
  }
}

function refuseMissing({ contract, fields }: Validator, chosen: readonly ChosenColumn[]): void {
  const filled = derivable(contract, new Set(chosen.map(({ field }) => itemAt(fields, field))));
  const missing = [...contract.fields.values()].filter(
    ({ name, required }) => (required || contract.key.includes(name)) && !filled.has(name),
  );
  if (missing.length === 0) return;
  const named = missing.map(({ name, from }) => `${name} (${from.join(' or ')})`).join(', ');
  throw new Unreadable(0, 'columns', `the table has no column for what every row needs: ${named}`);
}

function changesOf(chosen: readonly ChosenColumn[], before: ColumnsBefore): Choice['changed'] {
  const changed = chosen.flatMap(({ column }) => {
    const from = before?.[column.name];
    return from === undefined || from === column.type ? [] : [{ column: column.name, from, to: column.type }];
  });
  const other = changed.find(({ from, to }) => kindOf(from) !== kindOf(to));
  if (other !== undefined) {
    const reason = `the column ${other.column} was ${other.from} and is now ${other.to}: change it back, or publish the contract anew to accept it`;
    throw new Unreadable(0, 'column-type', reason);
  }
  return changed;
}

const KINDS: readonly [string, RegExp][] = [
  ['boolean', /bool|^bit(\(1\))?$|^tinyint\(1\)/],
  ['time', /date|time|^year/],
  ['number', /int|serial|numeric|decimal|number|float|double|real|money|^bit/],
  ['text', /char|text|clob|string|enum|^set\(|uuid|uniqueidentifier|citext|name/],
];

/** A longer text or a wider number is of the same kind; a date that became a text is not. */
function kindOf(type: string): string {
  const plain = type.toLowerCase();
  return KINDS.find(([, pattern]) => pattern.test(plain))?.[0] ?? plain;
}
