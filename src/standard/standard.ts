import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { packageRoot } from '../platform/paths.js';
import { parseElementType } from './element-type.js';
import { type Element, type Entity, englishTitle } from './entity.js';
import type { Division } from './region.js';
import { MASKS, type Mask, type Sensitivity } from './type.js';

/** One major version of the unified community data standard. Immutable. */
export interface Standard {
  major: number;
  entities: ReadonlyMap<string, Entity>;
  /** Code list → code → Chinese name. */
  lists: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By code. */
  divisions: ReadonlyMap<string, Division>;
}

let loaded: Standard | undefined;

/** The standard that comes with the package (`schemas/standard/v1`), read once. Throws an Error naming the line that is wrong. */
export function loadStandard(): Standard {
  loaded ??= readStandard(join(packageRoot, 'schemas', 'standard', 'v1'));
  return loaded;
}

/** Reads a standard's folder: `elements.csv`, `code-lists/*.csv`, `divisions.csv`. */
export function readStandard(directory: string): Standard {
  const lists = readLists(join(directory, 'code-lists'));
  return {
    major: 1,
    entities: readEntities(join(directory, 'elements.csv'), lists),
    lists,
    divisions: readDivisions(join(directory, 'divisions.csv')),
  };
}

type Line = Record<string, string>;

function readCsv(file: string): Line[] {
  return parse(readFileSync(file), { columns: true, bom: true, skip_empty_lines: true }) as Line[];
}

function readLists(directory: string): Map<string, Map<string, string>> {
  const lists = new Map<string, Map<string, string>>();
  for (const file of readdirSync(directory).sort()) {
    if (!file.endsWith('.csv')) continue;
    const codes = new Map(readCsv(join(directory, file)).map((line) => [line.code!, line.name!]));
    lists.set(file.slice(0, -'.csv'.length), codes);
  }
  return lists;
}

function readDivisions(file: string): Map<string, Division> {
  return new Map(
    readCsv(file).map((line) => [
      line.code!,
      {
        code: line.code!,
        name: line.name!,
        level: line.level!,
        parent: line.parent_code!,
        settlement: line.settlement || undefined,
        quasi: line.quasi === 'true',
        administeredBy: line.administered_by || undefined,
      },
    ]),
  );
}

function readEntities(file: string, lists: Standard['lists']): Map<string, Entity> {
  const lines = readCsv(file);
  const names = new Set(lines.map((line) => line.entity!));
  const entities = new Map<string, Entity & { elements: Element[] }>();
  lines.forEach((line, i) => {
    const name = line.entity!;
    let entity = entities.get(name);
    if (entity === undefined) {
      const keys = line.candidate_keys!.split(';').map((key) => key.trim().split('+'));
      entity = { name, title: { zh: line.entity_zh!, en: englishTitle(name) }, candidateKeys: keys, elements: [] };
      entities.set(name, entity);
    }
    entity.elements.push(readElement(line, i + 2, { lists, entities: names }));
  });
  return entities;
}

function readElement(
  line: Line,
  at: number,
  known: { lists: Standard['lists']; entities: ReadonlySet<string> },
): Element {
  const [head, ...rest] = line.list_reference_or_note!.split(';').map((part) => part.trim());
  const coded = line.type === 'code' || line.type === 'list:code';
  const references = !coded && known.entities.has(head!) ? head : undefined;
  const note = coded || references !== undefined ? rest.join('; ') : line.list_reference_or_note!;
  const type = parseElementType(line.type!, coded ? head : undefined);
  if (type === undefined) throw new Error(`elements.csv:${at}: ${line.type} is not a type`);
  if (coded && !known.lists.has(head!)) throw new Error(`elements.csv:${at}: no code list ${head}`);
  if (!/^L[1-4]$/.test(line.sensitivity!)) throw new Error(`elements.csv:${at}: no sensitivity ${line.sensitivity}`);
  const mask = line.default_mask === '' ? undefined : (line.default_mask as Mask);
  if (mask !== undefined && !MASKS.includes(mask)) throw new Error(`elements.csv:${at}: no mask ${mask}`);
  return {
    name: line.element!,
    type,
    declared: line.type!,
    required: line.required === '1',
    title: { zh: line.title_zh!, en: englishTitle(line.element!) },
    sensitivity: line.sensitivity as Sensitivity,
    ...(mask === undefined ? {} : { mask }),
    ...(references === undefined ? {} : { references }),
    ...(note === '' ? {} : { note }),
  };
}
