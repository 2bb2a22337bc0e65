import type { Element, Entity } from '../../standard/entity.js';
import { defaultMask, maskFits } from '../../standard/mask.js';
import { divisionFieldOf } from '../../standard/region.js';
import type { Field } from '../contract.js';
import type { ContractDocument } from '../contract-document.js';
import { isReserved } from '../names.js';
import { addedField, standardField } from './compile-field.js';
import type { Compiling } from './compile-type.js';

/**
 * The fields of a contract: the entity's elements in the standard's order, then the publisher's additions by name. Contracts are stored as canonical
 * JSON, which keeps no other order.
 */
export function compileFields(
  document: ContractDocument,
  entity: Entity | undefined,
  compiling: Compiling,
): Map<string, Field> {
  const { faults } = compiling;
  const fields = new Map<string, Field>();
  const elements = new Map((entity?.elements ?? []).map((element) => [element.name, element]));
  const implied = new Set([
    ...[document.key].flat(),
    ...(document.partition === undefined ? [] : [document.partition]),
  ]);
  for (const element of elements.values()) {
    const override = document.fields[element.name];
    if (override === 'false') continue;
    const field = standardField(element, override ?? {}, compiling);
    fields.set(element.name, { ...field, required: field.required || implied.has(element.name) });
  }
  for (const [name, added] of Object.entries(document.fields).sort(byName)) {
    if (elements.has(name)) continue;
    if (isReserved(name)) faults.add(['fields', name], 'The name is reserved');
    if (added === 'false') {
      faults.unknown(['fields', name], name, elements.keys(), 'element to drop,');
      continue;
    }
    if (added.type === undefined && entity !== undefined) {
      faults.unknown(['fields', name], name, elements.keys(), 'element');
      continue;
    }
    const field = addedField(name, added, compiling);
    if (field !== undefined) fields.set(name, { ...field, required: field.required || implied.has(name) });
  }
  takeMasks(fields, elements);
  return finish(fields, document);
}

/** A field that embeds another one takes its mask: where the inner number is hidden, the outer one is hidden too. */
function takeMasks(fields: Map<string, Field>, elements: ReadonlyMap<string, Element>): void {
  for (const { name, embeds = [], mask } of elements.values()) {
    const field = fields.get(name);
    // Any mask of the whole covers the codes inside. For an inner number, the mask of the whole may show what the number's own mask hides.
    const inside = embeds.flatMap((other) => fields.get(other) ?? []).filter(({ type }) => type.scheme !== undefined);
    if (field === undefined || inside.every(({ defaultMask }) => defaultMask === mask)) continue;
    fields.set(name, { ...field, defaultMask: 'hide' });
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/**
 * What depends on several fields: membership raises keys and subjects, an address finds its division, a contract without `id_kind` makes a number
 * strict.
 */
function finish(fields: Map<string, Field>, document: ContractDocument): Map<string, Field> {
  const keys = new Set([...[document.key].flat(), ...(document.subjects ?? [])]); // keys and subjects both show who is a member
  for (const [name, field] of fields) {
    const next: Field = { ...field };
    if (document.membership === 'L4' && keys.has(name)) {
      next.sensitivity = 'L4';
      next.defaultMask = defaultMask('L4', field.defaultMask);
    }
    const { name: type, scheme, kindField } = field.type;
    if (kindField !== undefined && !fields.has(kindField)) next.type = { name: type, scheme: scheme ?? 'resident-id' };
    const division = maskFits('division', field.type) ? divisionFieldOf(name, (other) => fields.has(other)) : undefined;
    if (division !== undefined && isAddress(next)) next.divisionField = division;
    fields.set(name, next);
  }
  return fields;
}

/** Every address gets its division field, because a grant may choose the mask `division` even where it is not the default. */
function isAddress(field: Field): boolean {
  return field.defaultMask === 'division' || field.name === 'address' || field.name.endsWith('_address');
}
