import { type Element, englishTitle } from '../../standard/entity.js';
import { defaultMask, isPersonal, maskFits } from '../../standard/mask.js';
import { type FieldType, type Mask, typeOf } from '../../standard/type.js';
import type { Faults } from '../check/fault.js';
import type { Field } from '../contract.js';
import type { FieldDocument } from '../contract-document.js';
import { type Compiling, compileType } from './compile-type.js';

/** An element of the standard as the contract uses it: own headings, own codes, stricter protection. */
export function standardField(element: Element, override: FieldDocument, { standard, faults }: Compiling): Field {
  const path = ['fields', element.name];
  for (const fixed of ['type', 'length', 'precision', 'scale', 'bits', 'list', 'scheme', 'of'] as const) {
    if (override[fixed] !== undefined) {
      faults.add([...path, fixed], 'The standard says the type of this element', { expected: element.declared });
    }
  }
  if (element.required && override.required === 'false') {
    faults.add([...path, 'required'], 'The standard requires this element: deliver it, or drop the field');
  }
  let sensitivity = element.sensitivity;
  if (override.sensitivity !== undefined) {
    if (override.sensitivity < sensitivity) {
      faults.add([...path, 'sensitivity'], 'A sensitivity may be raised above the standard, never lowered', {
        expected: `${sensitivity} or higher`,
      });
    } else sensitivity = override.sensitivity;
  }
  const named = maskOf(
    override,
    { type: element.type, guarded: element.mask !== undefined || isPersonal(sensitivity) },
    path,
    faults,
  );
  return {
    name: element.name,
    type: element.type,
    required: element.required || override.required === 'true',
    title: titleOf(element.name, override, element.title),
    sensitivity,
    defaultMask: defaultMask(sensitivity, named ?? element.mask),
    from: headings(element.name, override),
    ...codesOf(override, element.type, path, { standard, faults }),
    standard: true,
  };
}

/** A field that the standard does not have; undefined where its type has a fault. */
export function addedField(name: string, added: FieldDocument, compiling: Compiling): Field | undefined {
  const path = ['fields', name];
  const type = compileType(added, path, compiling);
  if (added.title === undefined) compiling.faults.add([...path, 'title'], 'A field beyond the standard needs a title');
  if (type === undefined) return undefined;
  const sensitivity = added.sensitivity ?? 'L3'; // an unmarked field counts as personal
  const named = maskOf(added, { type, guarded: isPersonal(sensitivity) }, path, compiling.faults);
  return {
    name,
    type,
    required: added.required === 'true',
    title: titleOf(name, added, { zh: name, en: englishTitle(name) }),
    sensitivity,
    defaultMask: defaultMask(sensitivity, named),
    from: headings(name, added),
    ...codesOf(added, type, path, compiling),
    standard: false,
  };
}

function maskOf(
  document: FieldDocument,
  field: { type: FieldType; guarded: boolean },
  path: string[],
  faults: Faults,
): Mask | undefined {
  const { mask } = document;
  if (mask === undefined) return undefined;
  if (mask === 'none' && field.guarded) {
    faults.add([...path, 'mask'], 'This field is masked by default: only a grant lifts the mask');
  }
  if (!maskFits(mask, field.type)) {
    faults.add([...path, 'mask'], `The mask ${mask} does not fit the type ${field.type.name}`);
  }
  return mask;
}

function codesOf(
  document: FieldDocument,
  type: FieldType,
  path: string[],
  { standard, faults }: Compiling,
): { codes?: Record<string, string> } {
  if (document.codes === undefined) return {};
  const list = type.list ?? type.of?.list;
  const known = typeOf(type).codes ?? (list === undefined ? undefined : standard.lists.get(list));
  if (known === undefined) {
    faults.add([...path, 'codes'], `The type ${type.name} has no codes`, {
      expected: 'code, list of code, or boolean',
    });
    return {};
  }
  for (const [own, code] of Object.entries(document.codes)) {
    if (!known.has(code)) faults.unknown([...path, 'codes', own], code, known.keys(), `code of ${list ?? type.name}:`);
  }
  return { codes: Object.assign(Object.create(null) as Record<string, string>, document.codes) };
}

function headings(name: string, document: FieldDocument): readonly string[] {
  return document.from === undefined ? [name] : [document.from].flat();
}

function titleOf(name: string, document: FieldDocument, otherwise: { zh: string; en: string }) {
  const { title } = document;
  return title === undefined ? otherwise : { zh: title.zh, en: title.en ?? otherwise.en ?? englishTitle(name) };
}
