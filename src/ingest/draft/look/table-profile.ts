import { type Content, type Source, Unreadable } from '../../readers/source.js';
import { ColumnLook, type ColumnProfile } from './column-profile.js';
import { type UniqueColumns, uniqueColumns } from './unique-columns.js';

/** What is known of a table: nothing of it that names a row. */
export interface TableProfile {
  columns: readonly ColumnProfile[];
  /** Rows looked at. */
  rows: number;
  /** False where the table has more rows than were looked at. */
  complete: boolean;
  /** Rows that can't be read; they count nowhere else. */
  broken: number;
  /** Whether no two of the rows have the same values in these columns, and none is empty; undefined where that was not watched. */
  isUnique(columns: readonly number[]): boolean | undefined;
}

/** A contract has no more fields. */
const COLUMNS_AT_MOST = 300;
/** Enough to see what a column is; the time for a table is bounded. */
const ROWS_AT_MOST = 100_000;
/** Rows that are held until it is known which columns together may be a key. */
const HELD_ROWS = 1_000;

/** The columns, by index, that together may be a key. */
export type ChooseKeys = (columns: readonly ColumnProfile[]) => Promise<readonly (readonly number[])[]>;

/**
 * Looks at the rows of a source, in bounded memory. `chooseKeys` is asked once, after the first rows, for groups of
 * columns to watch beside each single one.
 * @throws Unreadable where the file has no columns or too many, or as its reader
 */
export async function profileTable(source: Source, chooseKeys: ChooseKeys): Promise<TableProfile> {
  const look = new TableLook(source, chooseKeys);
  for await (const batch of source.batches()) {
    for (const { content } of batch) {
      if (look.rows >= ROWS_AT_MOST) return look.profile(false);
      look.take(content);
      if (look.rows === HELD_ROWS) await look.watchKeys();
    }
  }
  await look.watchKeys();
  return look.profile(true);
}

class TableLook {
  rows = 0;
  #broken = 0;
  readonly #source: Source;
  readonly #chooseKeys: ChooseKeys;
  readonly #columns: ColumnLook[] = [];
  readonly #byHeading = new Map<string, number>();
  #held: (readonly string[])[] | undefined = [];
  #unique: UniqueColumns | undefined;

  constructor(source: Source, chooseKeys: ChooseKeys) {
    this.#source = source;
    this.#chooseKeys = chooseKeys;
  }

  take(content: Content): void {
    if (content.kind === 'broken') {
      this.#broken++;
      return;
    }
    const cells = content.kind === 'cells' ? this.#cellsOf(content.cells) : this.#membersOf(content.object);
    this.rows++;
    for (const [at, column] of this.#columns.entries()) column.take(cells[at] ?? '');
    if (this.#held === undefined) {
      this.#unique?.take(cells);
      return;
    }
    this.#held.push(cells);
  }

  profile(complete: boolean): TableProfile {
    if (this.#columns.length === 0) throw new Unreadable(1, 'columns', 'the file has no columns to read');
    const unique = this.#unique;
    return {
      columns: this.#columns,
      rows: this.rows,
      complete,
      broken: this.#broken,
      isUnique: (columns) => unique?.isUnique(columns),
    };
  }

  /** From here on rows are not held: single columns are watched, and the groups that may be keys. */
  async watchKeys(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#open();
    const groups = [...this.#columns.map((_, at) => [at]), ...(await this.#chooseKeys(this.#columns))];
    this.#held = undefined;
    this.#unique = uniqueColumns(groups);
    for (const cells of held) this.#unique.take(cells);
  }

  /** The columns of a table without rows, too. */
  #open(): void {
    if (this.#columns.length > 0) return;
    for (const [at, heading] of (this.#source.headings() ?? []).entries()) {
      this.#columnOf(heading === '' ? `(column ${at + 1})` : heading);
    }
  }

  #cellsOf(cells: readonly unknown[]): readonly string[] {
    this.#open();
    return cells.slice(0, this.#columns.length).map(textOf);
  }

  #membersOf(object: Readonly<Record<string, unknown>>): readonly string[] {
    const cells: string[] = [];
    for (const [heading, value] of Object.entries(object)) cells[this.#columnOf(heading)] = textOf(value);
    return Array.from(cells, (cell) => cell ?? '');
  }

  #columnOf(heading: string): number {
    const known = this.#byHeading.get(heading);
    if (known !== undefined) return known;
    if (this.#columns.length >= COLUMNS_AT_MOST) {
      throw new Unreadable(
        1,
        'columns',
        `the file has more than ${COLUMNS_AT_MOST} columns, and a contract no more fields`,
      );
    }
    this.#byHeading.set(heading, this.#columns.length);
    this.#columns.push(new ColumnLook(heading, this.rows));
    return this.#columns.length - 1;
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return (typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value)).trim();
}
