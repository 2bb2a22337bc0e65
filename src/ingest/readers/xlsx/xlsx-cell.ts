import type { Field } from '../../../catalog/contract.js';
import { typeOf } from '../../../standard/type.js';
import type { RawCell } from './xlsx-sheet.js';
import type { Workbook } from './xlsx-workbook.js';

/** Why a cell has no usable value. */
export interface CellFault {
  rule: string;
  reason: string;
}

/** A number in a workbook has fifteen digits; larger numbers may have lost their last ones. */
const PRECISE_BELOW = 1e15;
const DAY_MS = 86_400_000;
const KNOWN_ERRORS = ['#REF!', '#DIV/0!', '#N/A', '#NAME?', '#NULL!', '#NUM!', '#VALUE!'];
/** How Excel shows a long number, and writes it as text. */
const SCIENTIFIC = /^[+-]?\d(\.\d+)?E\+?\d{2,}$/i;

const LOST_DIGITS: CellFault = {
  rule: 'number-precision',
  reason:
    'Excel has kept this as a number, and of a number only 15 digits: the last ones are lost. Make the column text (Format Cells, Text), enter the values again from their source, and send the file again',
};
const UNCALCULATED: CellFault = {
  rule: 'formula',
  reason: 'the formula has no value: open the workbook, let it calculate, save it, and send it again',
};

/**
 * A cell as text that the field accepts, or why not. Numbers have 15 digits, as Excel shows them. Formats (percent,
 * currency) are ignored, except that a date format turns a number into a day.
 */
export function readCell(cell: RawCell, field: Field | undefined, book: Workbook): string | CellFault {
  const { type, value } = cell;
  if (value === undefined) return UNCALCULATED;
  switch (type) {
    case 's': {
      const text = book.strings(Number(value));
      return text === undefined
        ? { rule: 'format', reason: 'the cell refers to a text that the workbook does not have' }
        : textual(text, field);
    }
    case 'b':
      return value === '1' ? 'true' : 'false';
    case 'e': {
      const error = KNOWN_ERRORS.includes(value) ? ` (${value})` : '';
      return { rule: 'formula', reason: `the formula of the cell gives an error${error}: mend it, or enter the value` };
    }
    case 'n':
      return numeric(cell, value, { field, book });
    default:
      return textual(value, field);
  }
}

function textual(text: string, field: Field | undefined): string | CellFault {
  const numbered = field !== undefined && field.type.scale === undefined && SCIENTIFIC.test(text.trim());
  return numbered ? LOST_DIGITS : text;
}

function numeric(
  { style }: RawCell,
  value: string,
  { field, book }: { field: Field | undefined; book: Workbook },
): string | CellFault {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) return value;
  const meaning = book.styles[style] ?? 'number';
  if (meaning === 'date' || (meaning === 'time' && number >= 1)) return dayOf(number, field, book.date1904);
  if (meaning === 'time') return timeOf(number);
  if (Math.abs(number) >= PRECISE_BELOW) return LOST_DIGITS;
  // A serial without a date format is recognised by its five digits (`calendar.ts`), and counts from 1899 only.
  const serial =
    book.date1904 && calendarOf(field) === 'day' && Number.isInteger(number) && number >= 10_000 && number < 100_000;
  return serial ? dayOf(number, field, true) : plainNumber(number);
}

/** Excel counts a nonexistent 1900-02-29, so every earlier serial is one day short. */
function dayOf(serial: number, field: Field | undefined, date1904: boolean): string {
  const first = date1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, serial < 60 ? 31 : 30);
  const instant = new Date(first + Math.round(serial * 86_400) * 1_000);
  if (serial < 0 || Number.isNaN(instant.getTime()) || instant.getUTCFullYear() > 9999) return plainNumber(serial);
  const text = instant.toISOString();
  if (calendarOf(field) === 'month') return text.slice(0, 7);
  const midnight = instant.getTime() % DAY_MS === 0 && calendarOf(field) !== 'instant';
  return midnight ? text.slice(0, 10) : text.slice(0, 19).replace('T', ' ');
}

function calendarOf(field: Field | undefined) {
  return field === undefined ? undefined : typeOf(field.type).calendar;
}

function timeOf(serial: number): string {
  return new Date(Math.round(Math.max(0, serial) * 86_400) * 1_000).toISOString().slice(11, 19);
}

/** 15 digits, without an exponent: a workbook stores 12.3 as 12.300000000000001. */
function plainNumber(number: number): string {
  const rounded = Number(number.toPrecision(15));
  const text = String(rounded);
  return text.includes('e') ? rounded.toFixed(20).replace(/0+$/, '').replace(/\.$/, '') : text;
}
