import type { Element, Entity } from './entity.js';
import type { Standard } from './standard.js';
import { type FieldType, TYPES } from './type.js';

/** JSON Schema 2020-12 of one entity of the standard. Generated from `elements.csv`, committed, compared by a test. */
export function entitySchema(entity: Entity, standard: Standard): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:civic-exchange:standard:v${standard.major}:${entity.name}`,
    title: `${entity.title.zh} ${entity.title.en}`,
    $comment: `Candidate keys: ${entity.candidateKeys.map((key) => key.join(' + ')).join('; ')}`,
    type: 'object',
    properties: Object.fromEntries(entity.elements.map((element) => [element.name, elementSchema(element, standard)])),
    required: entity.elements.filter((element) => element.required).map((element) => element.name),
    additionalProperties: false,
  };
}

function elementSchema(element: Element, standard: Standard): Record<string, unknown> {
  const facts = [
    `${element.declared} ${element.sensitivity}`,
    ...(listOf(element.type) === undefined ? [] : [`list ${listOf(element.type)}`]),
    ...(element.references === undefined ? [] : [`references ${element.references}`]),
    ...(element.mask === undefined ? [] : [`mask ${element.mask}`]),
    ...(element.note === undefined ? [] : [element.note]),
  ];
  const value = valueSchema(element.type, standard);
  return {
    title: `${element.title.zh} ${element.title.en}`,
    $comment: facts.join('; '),
    ...(element.required ? value : orNull(value)),
  };
}

function valueSchema(type: FieldType, standard: Standard): Record<string, unknown> {
  if (type.name === 'list') {
    return { ...TYPES.list.schema(type), items: type.of === undefined ? {} : valueSchema(type.of, standard) };
  }
  const codes = type.list === undefined ? undefined : standard.lists.get(type.list);
  return codes === undefined ? TYPES[type.name].schema(type) : { type: 'string', enum: [...codes.keys()] };
}

function orNull(schema: Record<string, unknown>): Record<string, unknown> {
  const types = [schema.type].flat();
  return {
    ...schema,
    type: [...types, 'null'],
    ...(Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}),
  };
}

function listOf(type: FieldType): string | undefined {
  return type.list ?? type.of?.list;
}
