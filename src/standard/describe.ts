import type { CodeList } from './code-list.js';
import type { Element, Entity } from './entity.js';
import type { Standard } from './standard.js';

/** An element with its entity. */
export interface ElementOf {
  entity: Entity;
  element: Element;
}

/** Standards that this one is based on; we have not read their full texts. */
export const PARENTS = [
  'GB/T 31000-2015',
  'DB37/T 4221-2020',
  'DB37/T 4223-2020',
  'DB37/T 4224-2020',
  'GB/T 34300-2017',
];

/** Every element of all entities or of one, in the standard's order. */
export function elementsOf(standard: Standard, entity?: string): ElementOf[] {
  const entities = [...standard.entities.values()].filter(({ name }) => entity === undefined || name === entity);
  return entities.flatMap((one) => one.elements.map((element) => ({ entity: one, element })));
}

/** The elements whose values are codes of the list. */
export function elementsWithList(standard: Standard, list: string): ElementOf[] {
  return elementsOf(standard).filter(({ element }) => listOf(element) === list);
}

/** The code list of an element that holds one code or several. */
export function listOf({ type }: Element): string | undefined {
  return type.list ?? type.of?.list;
}

/** An entity in lists of the platform API. `contracts`: ids of those that conform to it. */
export function summarizeEntity(entity: Entity, contracts: readonly string[]): Record<string, unknown> {
  const { name, title, candidateKeys, elements } = entity;
  return { name, title, candidateKeys, elementCount: elements.length, contracts };
}

export function describeElement({ entity, element }: ElementOf): Record<string, unknown> {
  return {
    entity: entity.name,
    name: element.name,
    type: element.type,
    declared: element.declared,
    title: element.title,
    required: element.required,
    sensitivity: element.sensitivity,
    mask: element.mask ?? null,
    codeList: listOf(element) ?? null,
    references: element.references ?? null,
    note: element.note ?? null,
  };
}

/** A code list in lists of the platform API. `since`: when its version came into force; null for the shipped version. */
export function summarizeList(list: CodeList): Record<string, unknown> {
  const codes = [...list.codes.values()];
  return {
    name: list.name,
    title: list.title,
    source: list.source ?? null,
    version: list.version,
    since: list.history.at(-1)?.since ?? null,
    codeCount: codes.length,
    retiredCount: codes.filter(({ retired }) => retired).length,
  };
}

/** A code list in full: codes, history, and the elements that use it. `contracts`: ids of those with a field of it. */
export function describeList(
  list: CodeList,
  standard: Standard,
  contracts: readonly string[],
): Record<string, unknown> {
  return {
    ...summarizeList(list),
    codes: [...list.codes].map(([code, { title, retired }]) => ({
      code,
      title,
      retired,
      shipped: list.shipped.has(code),
    })),
    history: list.history,
    elements: elementsWithList(standard, list.name).map(({ entity, element }) => `${entity.name}.${element.name}`),
    contracts,
  };
}
