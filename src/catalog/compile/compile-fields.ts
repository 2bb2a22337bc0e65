import type { Element, Entity } from '../../standard/entity.js';
import { defaultMask } from '../../standard/mask.js';
import { divisionFieldOf } from '../../standard/region.js';
import type { Field } from '../contract.js';
import type { ContractDocument } from '../document.js';
import { isReserved } from '../names.js';
import { addedField, standardField } from './compile-field.js';
import type { Compiling } from './compile-type.js';

/**
 * The fields of a contract: the entity's elements in the standard's order, then what the publisher adds in the order of names. Canonical JSON, in
 * which a contract is kept, has no other order.
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

/** A field that embeds another takes its mask: where the number inside is hidden, so is the number around it. */
function takeMasks(fields: Map<string, Field>, elements: ReadonlyMap<string, Element>): void {
  for (const { name, embeds = [], mask } of elements.values()) {
    const field = fields.get(name);
    // Codes inside are covered by any mask of the whole; of a number the mask of the whole may show what its own does not.
    const inside = embeds.map((other) => fields.get(other)).filter((other) => other?.type.name === 'identifier');
    if (field === undefined || inside.every((other) => other!.defaultMask === mask)) continue;
    fields.set(name, { ...field, defaultMask: 'hide' });
  }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What follows from the fields together: membership raises keys and subjects, an address finds its division, a dropped kind makes a number strict. */
function finish(fields: Map<string, Field>, document: ContractDocument): Map<string, Field> {
  const keys = new Set([...[document.key].flat(), ...(document.subjects ?? [])]); // either says who belongs
  for (const [name, field] of fields) {
    const next: Field = { ...field };
    if (document.membership === 'L4' && keys.has(name)) {
      next.sensitivity = 'L4';
      next.defaultMask = defaultMask('L4', field.defaultMask);
    }
    if (field.type.kindField !== undefined && !fields.has(field.type.kindField)) {
      next.type = { name: field.type.name, scheme: field.type.scheme ?? 'resident-id' };
    }
    const division = field.type.name === 'text' ? divisionFieldOf(name, (other) => fields.has(other)) : undefined;
    if (division !== undefined && isAddress(next)) next.divisionField = division;
    fields.set(name, next);
  }
  return fields;
}

/** A grant may choose the mask `division` too, so every address gets its division field, not only where the mask is the default. */
function isAddress(field: Field): boolean {
  return field.defaultMask === 'division' || field.name === 'address' || field.name.endsWith('_address');
}
