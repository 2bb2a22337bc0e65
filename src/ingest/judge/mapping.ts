import type { Contract } from '../../catalog/contract.js';
import type { Standard } from '../../standard/standard.js';
import type { ParseValue } from '../../standard/types/value-type.js';
import { Unreadable } from '../readers/source.js';
import { valueParser } from './value-parser.js';

/** The target of a heading's values: the index of the field, and the parser for this heading. */
export interface MappingTarget {
  field: number;
  heading: string;
  parse: ParseValue;
}

/** What a row of a delta does: `upsert` (also where absent or empty) or `delete`. */
export const OPERATION = '_op';

/** Heading → target: the declared headings of every field, and its own name where no other field uses it. */
export function compileMapping(contract: Contract, standard: Standard): ReadonlyMap<string, MappingTarget> {
  const mapping = new Map<string, MappingTarget>();
  const fields = [...contract.fields.values()];
  const add = (heading: string, at: number) => {
    const field = fields[at]!;
    const list = field.type.list ?? field.type.of?.list;
    if (mapping.has(heading)) return;
    mapping.set(heading, {
      field: at,
      heading,
      parse: valueParser(field, heading, standard.lists.get(list ?? '')),
    });
  };
  fields.forEach((field, at) => {
    for (const heading of field.from) add(heading, at);
  });
  fields.forEach((field, at) => {
    add(field.name, at);
  });
  return mapping;
}

/** The columns of one CSV file. */
export interface Columns {
  targets: readonly (MappingTarget | undefined)[];
  /** Index of `_op`, or -1. */
  operation: number;
}

/** @throws Unreadable where two columns would fill one field */
export function mapHeadings(
  mapping: ReadonlyMap<string, MappingTarget>,
  headings: readonly string[],
  unmapped: (heading: string) => void,
): Columns {
  const filled = new Set<number>();
  const targets = headings.map((heading, i) => {
    const target = mapping.get(heading);
    if (target === undefined) {
      if (heading !== OPERATION) unmapped(heading === '' ? `(column ${i + 1})` : heading);
    } else if (filled.has(target.field)) {
      throw new Unreadable(1, 'columns', 'two columns of the header fill the same field');
    } else {
      filled.add(target.field);
    }
    return target;
  });
  return { targets, operation: headings.indexOf(OPERATION) };
}
