import type { RowScope } from '../access/grants/grant.js';
import type { Contract } from '../catalog/contract.js';
import { rowIdHex } from '../catalog/row-id.js';
import type { Keys } from '../platform/keys.js';
import type { Standard } from '../standard/standard.js';
import { copyText, copyWriter } from './copy-text.js';
import { rowErrors } from './faults.js';
import { type Columns, compileMapping, mapHeadings, OPERATION, type Target } from './mapping.js';
import { minorUntil } from './minors.js';
import { compileRowChecks, type RowCheck } from './row-schema.js';
import { scopeTest } from './scope.js';
import { seenKeys } from './seen-keys.js';
import type { Content, RowError, Source, SourceRow } from './sources/source.js';

/** What one contract makes of rows, compiled once. */
export interface Validator {
  contract: Contract;
  /** Field names in the contract's order, which is the order of a row's values. */
  fields: readonly string[];
  mapping: ReadonlyMap<string, Target>;
  store: RowCheck;
  remove: RowCheck;
  writers: readonly ((value: unknown) => string)[];
  keyAt: readonly number[];
  minorUntil: ((values: readonly unknown[]) => string) | undefined;
}

const VALIDATORS_AT_MOST = 64;
const validators = new Map<string, Validator>();

/** By the contract's hash, least recently used dropped first. */
export function validatorOf(contract: Contract, standard: Standard): Validator {
  const known = validators.get(contract.hash);
  const validator = known ?? compileValidator(contract, standard);
  validators.delete(contract.hash);
  validators.set(contract.hash, validator);
  if (validators.size > VALIDATORS_AT_MOST) validators.delete(validators.keys().next().value!);
  return validator;
}

export function compileValidator(contract: Contract, standard: Standard): Validator {
  const fields = [...contract.fields.keys()];
  return {
    contract,
    fields,
    mapping: compileMapping(contract, standard),
    ...compileRowChecks(contract, standard),
    writers: [...contract.fields.values()].map((field) => copyWriter(field.type)),
    keyAt: contract.key.map((name) => fields.indexOf(name)),
    minorUntil: contract.hasMinors ? minorUntil(contract) : undefined,
  };
}

export interface Reject {
  line: number;
  text: string;
  errors: readonly RowError[];
}

/** A batch validated: COPY text for staging, and what is set aside. */
export interface Validated {
  copy: string;
  rejects: Reject[];
  received: number;
}

export interface ValidationOptions {
  keys: Pick<Keys, 'rowId'>;
  scope: RowScope;
  mode: 'snapshot' | 'delta';
  source: Source;
}

/** The validation of one delivery. */
export interface Validation {
  take(rows: readonly SourceRow[]): Validated;
  /** Headings that no field takes, at most a hundred. */
  unmapped: ReadonlySet<string>;
  /** True where some key may have come twice. */
  suspicious(): boolean;
}

const UNMAPPED_AT_MOST = 100;

/** @throws Unreadable (from `take`) where the header of a CSV file is unusable */
export function startValidation(validator: Validator, options: ValidationOptions): Validation {
  const unmapped = new Set<string>();
  const note = (heading: string) => {
    if (unmapped.size < UNMAPPED_AT_MOST) unmapped.add(heading.slice(0, 64).toWellFormed().replaceAll('\0', '␀'));
  };
  const inScope = scopeTest(options.scope, validator.fields);
  let suspects = 0;
  const firstSeen = seenKeys();
  const seen = (hex: string) => {
    const again = firstSeen(hex);
    if (again) suspects++;
    return again;
  };
  let columns: Columns | undefined;
  const write = (row: SourceRow): string | readonly RowError[] => {
    const values: unknown[] = new Array(validator.fields.length).fill(null);
    const operation = fill(validator, row.content, { values, columns, note });
    if (typeof operation !== 'string') return operation;
    if (operation === 'delete' && options.mode === 'snapshot') {
      return [{ field: OPERATION, rule: 'operation', reason: 'a snapshot deletes what it leaves out' }];
    }
    if (operation === 'delete') keepKey(validator, values);
    const check = operation === 'delete' ? validator.remove : validator.store;
    if (!check(values)) return rowErrors(check.errors ?? [], validator.fields);
    if (operation === 'upsert' && inScope?.(values) === false) {
      return [{ field: null, rule: 'scope', reason: 'the row is outside the part that you deliver' }];
    }
    return stagingLine(validator, { row, values, operation, seen, always: inScope !== undefined, keys: options.keys });
  };
  return {
    unmapped,
    suspicious: () => suspects > 0,
    take(rows) {
      const headings = options.source.headings();
      if (columns === undefined && headings !== undefined) columns = mapHeadings(validator.mapping, headings, note);
      const rejects: Reject[] = [];
      let copy = '';
      for (const row of rows) {
        const written = write(row);
        if (typeof written === 'string') copy += written;
        else rejects.push({ line: row.line, text: row.text, errors: written });
      }
      return { copy, rejects, received: rows.length };
    },
  };
}

/** A row that is to go is named by its key alone. */
function keepKey(validator: Validator, values: unknown[]): void {
  for (let i = 0; i < values.length; i++) if (!validator.keyAt.includes(i)) values[i] = null;
}

interface Filling {
  values: unknown[];
  columns: Columns | undefined;
  note: (heading: string) => void;
}

/** Puts what was sent where the contract wants it. Returns the operation, or what is wrong. */
function fill(validator: Validator, content: Content, filling: Filling): 'upsert' | 'delete' | readonly RowError[] {
  if (content.kind === 'broken') return [content.error];
  if (content.kind === 'cells') {
    const { targets, operation } = filling.columns!;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if (target !== undefined) filling.values[target.field] = target.parse(content.cells[i]);
    }
    return operationOf(operation < 0 ? undefined : content.cells[operation]);
  }
  return fillFromObject(validator, content.object, filling);
}

function fillFromObject(
  validator: Validator,
  object: Readonly<Record<string, unknown>>,
  { values, note }: Filling,
): 'upsert' | 'delete' | readonly RowError[] {
  for (const heading of Object.keys(object)) {
    const target = validator.mapping.get(heading);
    if (target === undefined) {
      if (heading !== OPERATION) note(heading);
      continue;
    }
    if (values[target.field] !== null) {
      return [{ field: validator.fields[target.field]!, rule: 'mapping', reason: 'two properties fill this field' }];
    }
    values[target.field] = target.parse(object[heading]);
  }
  return operationOf(object[OPERATION]);
}

function operationOf(value: unknown): 'upsert' | 'delete' | readonly RowError[] {
  if (value === undefined || value === null) return 'upsert';
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === '' || word === 'upsert') return 'upsert';
  if (word === 'delete') return 'delete';
  return [{ field: OPERATION, rule: 'operation', reason: 'neither upsert nor delete' }];
}

interface Staged {
  row: SourceRow;
  values: readonly unknown[];
  operation: 'upsert' | 'delete';
  seen: (rowIdHex: string) => boolean;
  /** True where staging may turn any row away, and so needs every text. */
  always: boolean;
  keys: Pick<Keys, 'rowId'>;
}

/** Order of the columns: see `stagingColumns` in staging.ts. */
function stagingLine(validator: Validator, staged: Staged): string {
  const { values, row } = staged;
  const key = validator.keyAt.map((at) => values[at]);
  const hex = rowIdHex(staged.keys, validator.contract.name, key);
  let line = hex;
  if (validator.minorUntil !== undefined) line += `\t${validator.minorUntil(values)}`;
  for (let i = 0; i < values.length; i++) line += `\t${validator.writers[i]!(values[i])}`;
  const text = staged.seen(hex) || staged.always ? copyText(storableText(row.text)) : '\\N';
  return `${line}\t${row.line}\t${staged.operation === 'delete' ? 't' : 'f'}\t${text}\n`;
}

/** A row's text as PostgreSQL can hold it: NUL shown as ␀, half a surrogate pair as U+FFFD. */
export function storableText(text: string): string {
  const shown = text.includes('\0') ? text.replaceAll('\0', '␀') : text;
  return shown.isWellFormed() ? shown : shown.toWellFormed();
}
