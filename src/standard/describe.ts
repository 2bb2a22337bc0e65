import type { Standard } from './standard.js';

/** The standard as the platform API gives it: every entity with its elements, every code list. */
export function describeStandard(standard: Standard): Record<string, unknown> {
  return {
    major: standard.major,
    entities: [...standard.entities.values()].map((entity) => ({
      name: entity.name,
      title: entity.title,
      candidateKeys: entity.candidateKeys,
      elements: entity.elements.map((element) => ({
        name: element.name,
        type: element.type,
        title: element.title,
        required: element.required,
        sensitivity: element.sensitivity,
        mask: element.mask ?? null,
        references: element.references ?? null,
        note: element.note ?? null,
      })),
    })),
    lists: [...standard.lists].map(([name, codes]) => ({
      name,
      codes: [...codes].map(([code, title]) => ({ code, title })),
    })),
  };
}
