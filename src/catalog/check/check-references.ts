import { type FieldType, isComparable, typeOf } from '../../standard/type.js';
import type { Field } from '../contract.js';
import type { ContractDocument } from '../contract-document.js';
import { isReserved } from '../names.js';
import { clip, type Faults } from './fault.js';

type Fields = ReadonlyMap<string, Field>;
type Path = readonly (string | number)[];

/** Every field that the contract names exists and has a type that fits its use. */
export function checkReferences(document: ContractDocument, fields: Fields, faults: Faults): void {
  checkKey(document, fields, faults);
  checkNames(document, fields, faults);
  checkPartition(document, fields, faults);
  checkRelations(document, fields, faults);
  (document.statistics?.by ?? []).forEach((by, i) => {
    checkDimension(by, ['statistics', 'by', i], fields, faults);
  });
}

function checkKey(document: ContractDocument, fields: Fields, faults: Faults): void {
  const { key } = document;
  [key].flat().forEach((name, i) => {
    const path = Array.isArray(key) ? ['key', i] : ['key'];
    const field = find(name, path, fields, faults);
    if (field === undefined) return;
    if (!isComparable(field.type)) faults.add(path, `A key can't be a ${field.type.name}`);
    const declared = document.fields[name];
    if (typeof declared === 'object' && declared.required === 'false') {
      faults.add(['fields', name, 'required'], 'A field of the key is required');
    }
  });
}

interface ListUse {
  list: 'subjects' | 'filterable' | 'sortable' | 'scopes';
  fits(type: FieldType): boolean;
  expected: string;
}

const USES: readonly ListUse[] = [
  {
    list: 'subjects',
    fits: (type) => typeOf(type.of ?? type).subject,
    expected: 'identifier, text, or a list of them',
  },
  { list: 'filterable', fits: isComparable, expected: 'any type but point, geometry, list' },
  {
    list: 'sortable',
    fits: (type) => typeOf(type).sortable,
    expected: 'an ordered type or text',
  },
  { list: 'scopes', fits: (type) => typeOf(type).scope, expected: 'text or code' },
];

function checkNames(document: ContractDocument, fields: Fields, faults: Faults): void {
  for (const use of USES) {
    (document[use.list] ?? []).forEach((name, i) => {
      const field = find(name, [use.list, i], fields, faults);
      if (field !== undefined && !use.fits(field.type)) {
        faults.add([use.list, i], `A field of type ${field.type.name} does not fit here`, { expected: use.expected });
      }
    });
  }
}

function checkPartition(document: ContractDocument, fields: Fields, faults: Faults): void {
  if (document.partition === undefined) return;
  const field = find(document.partition, ['partition'], fields, faults);
  if (field !== undefined && !typeOf(field.type).scope) {
    faults.add(['partition'], `A field of type ${field.type.name} does not fit here`, { expected: 'text or code' });
  }
  const declared = document.fields[document.partition];
  if (typeof declared === 'object' && declared.required === 'false') {
    faults.add(['fields', document.partition, 'required'], 'The field of the partition is required');
  }
}

function checkRelations(document: ContractDocument, fields: Fields, faults: Faults): void {
  for (const [name, relation] of Object.entries(document.relations ?? {})) {
    const path = ['relations', name];
    if (isReserved(name)) faults.add(path, 'The name is reserved');
    if (fields.has(name)) faults.add(path, 'A field has this name already');
    for (const own of Object.keys(relation.on)) {
      const field = find(own, [...path, 'on', own], fields, faults);
      if (field !== undefined && !isComparable(field.type)) {
        faults.add([...path, 'on', own], `A field of type ${field.type.name} can't be joined on`);
      }
    }
  }
}

function checkDimension(by: string, path: Path, fields: Fields, faults: Faults): void {
  const banded = /^age-band\((.+)\)$/.exec(by)?.[1];
  const field = find(banded ?? by, path, fields, faults);
  if (field === undefined) return;
  if (banded !== undefined && typeOf(field.type).calendar !== 'day') faults.add(path, 'An age band needs a date');
  if (!isComparable(field.type)) faults.add(path, `A field of type ${field.type.name} can't be a dimension`);
}

function find(name: string, path: Path, fields: Fields, faults: Faults): Field | undefined {
  const field = fields.get(name);
  if (field === undefined) faults.unknown(path, clip(name), fields.keys(), 'field');
  return field;
}
