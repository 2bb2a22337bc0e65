import { itemAt } from '../../platform/known.js';
import type { Content, RowError } from '../readers/source.js';
import type { Columns, MappingTarget } from './mapping.js';
import type { Validator } from './validator.js';

/** A department's codes under one heading that the contract does not map. Their rows are set aside. */
export interface UnmappedCodes {
  field: string;
  heading: string;
  /** The most frequent first. */
  values: readonly { value: string; rows: number }[];
  /** The number of further values that are not listed. */
  more: number;
  /** Rows whose value is not listed, because it may not be a code. */
  other: number;
}

/** Counts them over one delivery. */
export interface CodeCounts {
  /** Takes a rejected row and its errors. */
  hear(content: Content, errors: readonly RowError[], columns: Columns | undefined): void;
  told(): readonly UnmappedCodes[];
}

const TOLD_AT_MOST = 50;
/** Distinct values counted per heading; further rows are only counted. */
const HELD_AT_MOST = 2_000;
const CHARACTERS_AT_MOST = 40;
/** A name or number in the wrong column occurs once or twice; a code that the contract lacks occurs often. */
const TOLD_FROM_ROWS = 3;
const NUMBER = /\p{Nd}{6}/u;

interface Counted {
  target: MappingTarget;
  values: Map<string, number>;
  beyond: number;
}

export function countCodes(validator: Validator): CodeCounts {
  const counted = new Map<string, Counted>();
  const count = (target: MappingTarget, sent: unknown): void => {
    const of = counted.get(target.heading) ?? { target, values: new Map(), beyond: 0 };
    counted.set(target.heading, of);
    const value = typeof sent === 'string' ? sent.trim() : typeof sent === 'number' ? String(sent) : undefined;
    const rows = value === undefined ? undefined : of.values.get(value);
    const fits = value !== undefined && value.length <= CHARACTERS_AT_MOST && of.values.size < HELD_AT_MOST;
    if (value !== undefined && (rows !== undefined || fits)) of.values.set(value, (rows ?? 0) + 1);
    else of.beyond++;
  };
  return {
    hear(content, errors, columns) {
      for (const { field, rule } of errors) {
        if (rule !== 'code') continue;
        const at = validator.fields.indexOf(field ?? '');
        if (content.kind === 'cells') {
          const column = columns!.targets.findIndex((target) => target?.field === at);
          if (column >= 0) count(columns!.targets[column]!, content.cells[column]);
        } else if (content.kind === 'object') {
          const heading = Object.keys(content.object).find((name) => validator.mapping.get(name)?.field === at);
          if (heading !== undefined) count(validator.mapping.get(heading)!, content.object[heading]);
        }
      }
    },
    told: () => [...counted.values()].map((of) => tell(of, itemAt(validator.fields, of.target.field))),
  };
}

function tell({ target, values, beyond }: Counted, field: string): UnmappedCodes {
  const codes: { value: string; rows: number }[] = [];
  let other = beyond;
  for (const [value, rows] of values) {
    if (rows >= TOLD_FROM_ROWS && !NUMBER.test(value)) codes.push({ value: shown(value), rows });
    else other += rows;
  }
  codes.sort((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1));
  const told = codes.slice(0, TOLD_AT_MOST);
  return { field, heading: target.heading, values: told, more: codes.length - told.length, other };
}

/** As PostgreSQL's jsonb can hold it. */
function shown(value: string): string {
  return value.toWellFormed().replaceAll('\0', '␀');
}
