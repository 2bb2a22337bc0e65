import type { Entity } from './entity.js';
import { readCsv } from './read-csv.js';

const SUBJECTS = ['person', 'house'] as const;
export type FactSubject = (typeof SUBJECTS)[number];

/** What a row of an entity says of a person or a house. What is not here is compared with nothing: a name alone does not make two elements the same. */
export interface EntityFacts {
  subject: FactSubject;
  /** The field that names the subject. */
  by: string;
  /** Element of the subject's own entity → field that says it. */
  says: ReadonlyMap<string, string>;
  /** Where the subject is: fields that the entity, or a contract that adds them to it, may have. */
  division: string | undefined;
  grid: string | undefined;
}

/** Reads `facts.csv`, by entity; `*` is each element under its own name. Throws Error naming a line that speaks of something unknown. */
export function readFacts(file: string, entities: ReadonlyMap<string, Entity>): Map<string, EntityFacts[]> {
  const all = new Map<string, (EntityFacts & { says: Map<string, string> })[]>();
  const elementsOf = (entity: string) => entities.get(entity)?.elements.map(({ name }) => name) ?? [];
  for (const [i, line] of readCsv(file).entries()) {
    const { entity = '', by = '', element = '', field = '', division = '', grid = '' } = line;
    const subject = SUBJECTS.find((name) => name === line.subject);
    const known = new Set(elementsOf(entity));
    const unknown = [by, field].filter((name) => name !== '*' && !known.has(name));
    const elements = subject === undefined ? [] : elementsOf(subject);
    if (subject === undefined || unknown.length > 0 || !['*', ...elements].includes(element)) {
      throw new Error(`facts.csv:${i + 2}: ${[line.subject, element, ...unknown].join(', ')} is not in elements.csv`);
    }
    const facts = all.get(entity) ?? [];
    all.set(entity, facts);
    let found = facts.find((one) => one.subject === subject && one.by === by);
    if (found === undefined) {
      found = { subject, by, says: new Map(), division: division || undefined, grid: grid || undefined };
      facts.push(found);
    }
    if (element === '*') for (const name of elements) found.says.set(name, name);
    else found.says.set(element, field);
  }
  return all;
}
