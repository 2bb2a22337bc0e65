import type { ContractDocument, FieldDocument } from '../../catalog/contract-document.js';
import { writeYaml } from '../../catalog/yaml/write-yaml.js';
import { pointerTo } from '../../platform/json-pointer.js';
import type { Entity } from '../../standard/entity.js';
import type { Standard } from '../../standard/standard.js';
import type { CatalogDraft, KeyDraft, OpenDecision } from './catalog-draft.js';
import { decisionsOf } from './decisions.js';
import { rounded } from './draft-codes.js';
import { type DraftedColumn, draftColumns } from './draft-columns.js';
import { draftKeys } from './draft-keys.js';
import type { TableProfile } from './look/table-profile.js';
import type { Matching, TableMatch } from './match-elements.js';

/** What the caller says of the table; the draft repeats it. */
export interface DraftTerms {
  /** `publisher/dataset`. */
  dataset: string;
  title: string | undefined;
  format: 'database' | 'spreadsheet' | 'text';
  source?: NonNullable<ContractDocument['delivery']>['source'];
}

/** Makes a draft of what a table shows. Pure. */
export function draftContract(
  table: TableProfile,
  match: TableMatch,
  { terms, matching }: { terms: DraftTerms; matching: Matching },
): CatalogDraft {
  const { standard, spelling } = matching;
  const isUnique = (column: number) => (table.rows > 1 ? table.isUnique([column]) : undefined);
  const columns = draftColumns({ profiles: table.columns, match, standard, spelling, isUnique });
  const keys = draftKeys(table, { columns, entity: match.entity });
  const document = documentOf(columns, { terms, entity: match.entity, keys, standard });
  const decisions = decisionsOf(columns, { table, keys, document });
  return {
    rows: table.rows,
    complete: table.complete,
    broken: table.broken,
    entity: entityOf(match),
    columns: columns.map(({ column }) => column),
    keys,
    decisions,
    document,
    yaml: writeYaml(document, commentsOf(columns, decisions)),
  };
}

function entityOf({ entity, certainty, columns }: TableMatch): CatalogDraft['entity'] {
  if (entity === undefined) return null;
  const fitting = columns.filter((match) => match?.named.entity === entity).length;
  const reason = {
    zh: `${columns.length} 列中有 ${fitting} 列符合实体“${entity.title.zh}”的数据元`,
    en: `${fitting} of ${columns.length} columns fit elements of ${entity.title.en}`,
  };
  return { name: entity.name, title: entity.title, certainty: rounded(certainty), reasons: [reason] };
}

interface Documenting {
  terms: DraftTerms;
  entity: Entity | undefined;
  keys: readonly KeyDraft[];
  standard: Standard;
}

function documentOf(
  columns: readonly DraftedColumn[],
  { terms, entity, keys, standard }: Documenting,
): CatalogDraft['document'] {
  const named = (use: 'filterable' | 'sortable' | 'scope') =>
    columns.filter(({ column }) => column[use]).map(({ column }) => column.field);
  const key = keys[0]?.fields;
  const subjects = subjectsOf(columns, entity, standard);
  const lists = {
    filterable: [...new Set([...(key ?? []), ...named('filterable')])],
    sortable: named('sortable'),
    scopes: named('scope'),
  };
  const title = terms.title ?? entity?.title.zh;
  return {
    dataset: terms.dataset,
    version: '1.0',
    ...(entity === undefined ? {} : { entity: entity.name }),
    ...(title === undefined ? {} : { title: { zh: title, en: terms.title ?? entity?.title.en ?? title } }),
    resource: { format: terms.format },
    ...(key === undefined ? {} : { key: key.length === 1 && key[0] !== undefined ? key[0] : [...key] }),
    ...(subjects.length === 0 ? {} : { subjects }),
    fields: fieldsOf(columns, entity),
    ...Object.fromEntries(Object.entries(lists).filter(([, names]) => names.length > 0)),
    delivery: { mode: ['snapshot', 'delta'], source: terms.source ?? { kind: 'file' } },
  };
}

/** In the order of the entity; an element that the table lacks is dropped in sight. */
function fieldsOf(columns: readonly DraftedColumn[], entity: Entity | undefined): ContractDocument['fields'] {
  const byName = new Map(columns.map(({ column, document }) => [column.field, document]));
  const fields: [string, FieldDocument | 'false'][] = (entity?.elements ?? []).map(({ name }) => [
    name,
    byName.get(name) ?? 'false',
  ]);
  const own = new Set(fields.map(([name]) => name));
  return Object.fromEntries([...fields, ...[...byName].filter(([name]) => !own.has(name))]);
}

/** Whose record a row is: as the standard has it for the entity, else the numbers of residents. */
function subjectsOf(columns: readonly DraftedColumn[], entity: Entity | undefined, { facts }: Standard): string[] {
  const fields = columns.filter(({ column }) => column.element !== null).map(({ column }) => column.field);
  const by = (facts.get(entity?.name ?? '') ?? []).filter(({ subject }) => subject === 'person').map((fact) => fact.by);
  const stated = [...by, 'id_number'].find((name) => fields.includes(name));
  if (stated !== undefined) return [stated];
  return columns.filter(({ element }) => element?.type.scheme === 'resident-id').map(({ column }) => column.field);
}

function commentsOf(columns: readonly DraftedColumn[], decisions: readonly OpenDecision[]): Map<string, string> {
  const comments = new Map<string, string>();
  const add = (path: string, text: string) => comments.set(path, [comments.get(path), text].filter(Boolean).join('\n'));
  const inDocument = (path: string) => path.startsWith('/fields/') || path === '/key';
  for (const { path, zh, en, basis } of decisions) {
    add(inDocument(path) ? path : '/dataset', `待定 ${path} ${zh}${basis === null ? '' : `（${basis}）`} ${en}`);
  }
  for (const { column } of columns) {
    const [why] = column.reasons;
    if (why !== undefined)
      add(pointerTo(['fields', column.field]), `${Math.round(column.certainty * 100)}% ${why.zh} ${why.en}`);
  }
  return comments;
}
