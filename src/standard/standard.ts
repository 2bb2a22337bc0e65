import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../platform/paths.js';
import type { Code, CodeList } from './code-list.js';
import { type Element, type Entity, englishTitle } from './entity.js';
import { type EntityFacts, readFacts } from './facts.js';
import { type DerivedField, type GridSize, readDerivations, readGridSizes } from './places.js';
import { readCsv } from './read-csv.js';
import type { Division } from './region.js';
import { MASKS, parseElementType, SENSITIVITIES } from './type.js';

/** One major version of the unified community data standard, with the code lists in force. Immutable: changing a list makes another one. */
export interface Standard {
  major: number;
  /** The major, and each list that the tenant has changed: `1 event-category@3`. Standards with the same version are equal. */
  version: string;
  entities: ReadonlyMap<string, Entity>;
  codeLists: ReadonlyMap<string, CodeList>;
  /** The content of `codeLists`, prepared for lookups: list → code → Chinese title, retired codes included. */
  lists: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By code. */
  divisions: ReadonlyMap<string, Division>;
  /** By entity: what its rows say of persons and houses. */
  facts: ReadonlyMap<string, readonly EntityFacts[]>;
  /** In the order in which they are filled. */
  derivations: readonly DerivedField[];
  gridSizes: readonly GridSize[];
}

let loaded: Standard | undefined;

/** The standard of the package (`schemas/standard/v1`), read once. Throws an Error naming the wrong line. */
export function loadStandard(): Standard {
  loaded ??= readStandard(join(packageRoot, 'schemas', 'standard', 'v1'));
  return loaded;
}

/** Reads the folder of a standard: every CSV file in it. Throws an Error naming the wrong line. */
function readStandard(directory: string): Standard {
  const codeLists = readLists(directory);
  const lists = titlesOf(codeLists);
  const entities = readEntities(join(directory, 'elements.csv'), lists);
  return {
    major: 1,
    version: '1',
    entities,
    codeLists,
    lists,
    divisions: readDivisions(join(directory, 'divisions.csv')),
    facts: readFacts(join(directory, 'facts.csv'), entities),
    derivations: readDerivations(join(directory, 'derivations.csv'), entities),
    gridSizes: readGridSizes(join(directory, 'grid-sizes.csv'), lists),
  };
}

/** The standard with a changed list; undefined removes the list. */
export function withCodeList(standard: Standard, name: string, list: CodeList | undefined): Standard {
  const others = [...standard.codeLists].filter(([other]) => other !== name);
  const codeLists = new Map([...others, ...(list === undefined ? [] : [[name, list] as const])].sort(byName));
  const changed = [...codeLists.values()].filter(({ version }) => version > 0);
  return {
    ...standard,
    version: [standard.major, ...changed.map((one) => `${one.name}@${one.version}`)].join(' '),
    codeLists,
    lists: titlesOf(codeLists),
  };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function titlesOf(codeLists: Standard['codeLists']): Standard['lists'] {
  return new Map(
    [...codeLists].map(([name, { codes }]) => [name, new Map([...codes].map(([code, { title }]) => [code, title.zh]))]),
  );
}

type CsvLine = Record<string, string>;

function readLists(directory: string): Map<string, CodeList> {
  const facts = new Map(readCsv(join(directory, 'code-lists.csv')).map((line) => [line.name!, line]));
  const files = readdirSync(join(directory, 'code-lists')).filter((file) => file.endsWith('.csv'));
  const lists = files.map((file): [string, CodeList] => {
    const name = file.slice(0, -'.csv'.length);
    const fact = facts.get(name);
    if (fact === undefined) throw new Error(`code-lists.csv: no line for ${name}`);
    const shipped = readCodes(join(directory, 'code-lists', file));
    const title = { zh: fact.title_zh!, en: fact.title_en! };
    const source = fact.source === '' ? {} : { source: fact.source! };
    return [name, { name, title, ...source, version: 0, codes: shipped, shipped, history: [] }];
  });
  return new Map(lists.sort(byName));
}

function readCodes(file: string): Map<string, Code> {
  return new Map(
    readCsv(file).map(({ code, name, name_en: en }) => [
      code!,
      { title: { zh: name!, ...(en === undefined || en === '' ? {} : { en }) }, retired: false },
    ]),
  );
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
  line: CsvLine,
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
  const sensitivity = SENSITIVITIES.find((level) => level === line.sensitivity);
  if (sensitivity === undefined) throw new Error(`elements.csv:${at}: no sensitivity ${line.sensitivity}`);
  const mask = MASKS.find((name) => name === line.default_mask);
  if (mask === undefined && line.default_mask !== '')
    throw new Error(`elements.csv:${at}: no mask ${line.default_mask}`);
  return {
    name: line.element!,
    type,
    declared: line.type!,
    required: line.required === '1',
    title: { zh: line.title_zh!, en: englishTitle(line.element!) },
    sensitivity,
    ...(mask === undefined ? {} : { mask }),
    ...(references === undefined ? {} : { references }),
    ...embedsOf(note ?? ''),
    ...(note === '' ? {} : { note }),
  };
}

/** `holds id number, kind and grade: takes their mask` */
function embedsOf(note: string): Pick<Element, 'embeds'> {
  const named = /^holds (.+): takes their mask$/.exec(note)?.[1];
  return named === undefined ? {} : { embeds: named.split(/, | and /).map((name) => name.replaceAll(' ', '_')) };
}
