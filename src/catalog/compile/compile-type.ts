import type { Standard } from '../../standard/standard.js';
import { type FieldType, isTypeName, TYPES } from '../../standard/type.js';
import type { Faults } from '../check/fault.js';
import type { TypeDocument } from '../contract-document.js';

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
  const name = document.type ?? '';
  if (!isTypeName(name)) {
    faults.add([...path, 'type'], 'A field beyond the standard needs its type');
    return undefined;
  }
  checkParameters(name, document, path, faults);
  if (document.list !== undefined && !standard.lists.has(document.list)) {
    faults.unknown([...path, 'list'], document.list, standard.lists.keys(), 'code list');
  }
  if (Number(document.scale) > Number(document.precision)) {
    faults.add([...path, 'scale'], 'The scale is larger than the precision');
  }
  const of = compileItem(document, path, { standard, faults });
  return faults.list.length > before ? undefined : declaredType(name, document, of);
}

function compileItem(document: TypeDocument, path: readonly (string | number)[], compiling: Compiling) {
  if (document.of === undefined) return undefined;
  const { type = '' } = document.of;
  if (isTypeName(type) && !TYPES[type].operators.includes('eq')) {
    compiling.faults.add([...path, 'of', 'type'], 'A list is of a scalar');
    return undefined;
  }
  return compileType(document.of, [...path, 'of'], compiling);
}

function checkParameters(
  name: FieldType['name'],
  document: TypeDocument,
  path: readonly (string | number)[],
  faults: Faults,
): void {
  const taken = TYPES[name].parameters;
  for (const parameter of ALL_PARAMETERS) {
    const present = document[parameter] !== undefined;
    const required = taken.includes(`${parameter}!`);
    if (required && !present) faults.add([...path, parameter], `The type ${name} needs its ${parameter}`);
    if (present && !required && !taken.includes(parameter)) {
      faults.add([...path, parameter], `The type ${name} takes no ${parameter}`);
    }
  }
}

function declaredType(name: FieldType['name'], document: TypeDocument, of: FieldType | undefined): FieldType {
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
