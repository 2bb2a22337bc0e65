import type { Element, Entity } from './entity.js';
import type { Standard } from './standard.js';
import { type CodesSchema, typeOf, type ValueSchema } from './type.js';

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

function elementSchema(element: Element, standard: Standard): ValueSchema {
  const list = element.type.list ?? element.type.of?.list;
  const facts = [
    `${element.declared} ${element.sensitivity}`,
    ...(list === undefined ? [] : [`list ${list}`]),
    ...(element.references === undefined ? [] : [`references ${element.references}`]),
    ...(element.mask === undefined ? [] : [`mask ${element.mask}`]),
    ...(element.note === undefined ? [] : [element.note]),
  ];
  const codes: CodesSchema = (name = '') => ({ type: 'string', enum: [...(standard.lists.get(name)?.keys() ?? [])] });
  const value = typeOf(element.type).schema(element.type, codes);
  return {
    title: `${element.title.zh} ${element.title.en}`,
    $comment: facts.join('; '),
    ...(element.required ? value : orNull(value)),
  };
}

function orNull(schema: ValueSchema): ValueSchema {
  const types = [schema.type].flat();
  return {
    ...schema,
    type: [...types, 'null'],
    ...(Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}),
  };
}
