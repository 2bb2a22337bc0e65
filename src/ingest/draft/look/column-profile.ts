import { known } from '../../../platform/known.js';
import { SHAPE_NAMES, SHAPES, type ValueShape } from './shapes.js';

/** What is known of a column: counts, and the values of one that may hold codes. */
export interface ColumnProfile {
  heading: string;
  /** Rows with a value. */
  filled: number;
  /** Rows in which it is empty or absent. */
  empty: number;
  /** Characters of the longest value. */
  longest: number;
  /** Digits before and after the point, of numbers. */
  digits: { whole: number; fraction: number };
  /** Share of the values with this shape, 0 to 1; 0 for a shape that was given up. */
  share(shape: ValueShape): number;
  /** Rows by value; undefined where there are too many values, or long ones. */
  values: ReadonlyMap<string, number> | undefined;
}

/** More different values are no codes. */
const VALUES_AT_MOST = 200;
const CHARACTERS_AT_MOST = 40;
/** After so many values, and again after each so many: shapes that few of them have are not looked for any more. */
const JUDGED_EACH = 500;
const GIVEN_UP_BELOW = 0.5;

/** Takes the values of one column, and keeps none that is not one of a few. */
export class ColumnLook implements ColumnProfile {
  readonly heading: string;
  filled = 0;
  empty = 0;
  longest = 0;
  readonly digits = { whole: 0, fraction: 0 };
  values: Map<string, number> | undefined = new Map();
  readonly #shapes = new Map<ValueShape, number>(SHAPE_NAMES.map((shape) => [shape, 0]));

  /** `before`: rows that came without this column. */
  constructor(heading: string, before: number) {
    this.heading = heading;
    this.empty = before;
  }

  take(text: string): void {
    if (text === '') {
      this.empty++;
      return;
    }
    this.filled++;
    if (text.length > this.longest) this.longest = text.length;
    this.#takeValue(text);
    for (const [shape, count] of this.#shapes) if (SHAPES[shape](text)) this.#shapes.set(shape, count + 1);
    if (this.#shapes.has('decimal')) this.#takeDigits(text);
    if (this.filled % JUDGED_EACH === 0) this.#giveUp();
  }

  share(shape: ValueShape): number {
    return this.filled === 0 ? 0 : (this.#shapes.get(shape) ?? 0) / this.filled;
  }

  #takeValue(text: string): void {
    if (this.values === undefined) return;
    const rows = this.values.get(text);
    const isMore = text.length > CHARACTERS_AT_MOST || (rows === undefined && this.values.size >= VALUES_AT_MOST);
    if (isMore) this.values = undefined;
    else this.values.set(text, (rows ?? 0) + 1);
  }

  #takeDigits(text: string): void {
    const [, whole = '', fraction = ''] = /^[+-]?(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
    this.digits.whole = Math.max(this.digits.whole, whole.length);
    this.digits.fraction = Math.max(this.digits.fraction, fraction.length);
  }

  #giveUp(): void {
    for (const shape of [...this.#shapes.keys()]) {
      if (known(this.#shapes, shape) / this.filled < GIVEN_UP_BELOW) this.#shapes.delete(shape);
    }
  }
}
