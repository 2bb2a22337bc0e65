import type { Standard } from '../../standard/standard.js';
import type { FieldType, TypeName } from '../../standard/type.js';
import type { Faults } from '../check/fault.js';
import type { TypeDocument } from '../contract-document.js';

/** Parameters of each type; `!` = required. */
const PARAMETERS: Readonly<Record<TypeName, readonly string[]>> = {
  text: ['length!'],
  code: ['list!'],
  integer: ['bits'],
  decimal: ['precision!', 'scale!'],
  boolean: [],
  date: [],
  month: [],
  datetime: [],
  identifier: ['scheme!'],
  point: [],
  geometry: [],
  list: ['of!'],
};
const ALL_PARAMETERS = ['length', 'list', 'bits', 'precision', 'scale', 'scheme', 'of'] as const;

export interface Compiling {
  standard: Standard;
  faults: Faults;
}

/** The type of a field that the publisher adds; undefined where it has a fault. */
export function compileType(
  document: TypeDocument,
  path: readonly (string | number)[],
  { standard, faults }: Compiling,
): FieldType | undefined {
  const before = faults.list.length;
  if (document.type === undefined) {
    faults.add([...path, 'type'], 'A field beyond the standard needs its type');
    return undefined;
  }
  const name = document.type as TypeName;
  checkParameters(name, document, path, faults);
  if (name === 'code' && document.list !== undefined && !standard.lists.has(document.list)) {
    faults.unknown([...path, 'list'], document.list, standard.lists.keys(), 'code list');
  }
  if (name === 'decimal' && Number(document.scale) > Number(document.precision)) {
    faults.add([...path, 'scale'], 'The scale is larger than the precision');
  }
  const of = name === 'list' ? compileItem(document, path, { standard, faults }) : undefined;
  return faults.list.length > before ? undefined : typeOf(name, document, of);
}

function compileItem(document: TypeDocument, path: readonly (string | number)[], compiling: Compiling) {
  if (document.of === undefined) return undefined;
  if (document.of.type === 'list' || document.of.type === 'point' || document.of.type === 'geometry') {
    compiling.faults.add([...path, 'of', 'type'], 'A list is of a scalar');
    return undefined;
  }
  return compileType(document.of, [...path, 'of'], compiling);
}

function checkParameters(
  name: TypeName,
  document: TypeDocument,
  path: readonly (string | number)[],
  faults: Faults,
): void {
  const taken = PARAMETERS[name];
  for (const parameter of ALL_PARAMETERS) {
    const present = document[parameter] !== undefined;
    const required = taken.includes(`${parameter}!`);
    if (required && !present) faults.add([...path, parameter], `The type ${name} needs its ${parameter}`);
    if (present && !required && !taken.includes(parameter)) {
      faults.add([...path, parameter], `The type ${name} takes no ${parameter}`);
    }
  }
}

function typeOf(name: TypeName, document: TypeDocument, of: FieldType | undefined): FieldType {
  return {
    name,
    ...(document.length === undefined ? {} : { length: Number(document.length) }),
    ...(document.precision === undefined ? {} : { precision: Number(document.precision) }),
    ...(document.scale === undefined ? {} : { scale: Number(document.scale) }),
    ...(document.bits === undefined ? {} : { bits: 64 as const }),
    ...(document.list === undefined ? {} : { list: document.list }),
    ...(document.scheme === undefined ? {} : { scheme: document.scheme as 'resident-id' | 'uscc' }),
    ...(of === undefined ? {} : { of }),
  };
}
