import canonicalize from 'canonicalize';
import { checkSchema } from '../../catalog/check/check-schema.js';
import type { Contract, Publisher } from '../../catalog/contract.js';
import type { ContractDocument, FieldDocument } from '../../catalog/contract-document.js';
import { writeYaml } from '../../catalog/yaml/write-yaml.js';
import { pointerTo } from '../../platform/json-pointer.js';
import type { Element } from '../../standard/entity.js';
import type { Standard } from '../../standard/standard.js';
import { parseElementType } from '../../standard/type.js';
import type { CatalogDraft, OpenDecision } from '../draft/catalog-draft.js';
import type { DraftTable } from '../draft/draft-table.js';
import { typeText } from '../draft/guess-type.js';
import { type EntryCells, formType, type ItemCells } from './contract-row.js';
import { asItem, typeOfItem } from './entry-items.js';
import { formatOf, termsOf } from './entry-terms.js';
import { YES } from './form-columns.js';
import type { SentEntry } from './group-entries.js';

/** What an entry of the form says of the contract with its code. */
export interface EntryDraft {
  /** `publisher/dataset`. */
  dataset: string;
  code: string;
  state: 'new' | 'changed' | 'unchanged';
  decisions: readonly OpenDecision[];
  document: Partial<ContractDocument> & Pick<ContractDocument, 'dataset' | 'version' | 'fields'>;
  yaml: string;
}

export interface DraftingEntry {
  publisher: Publisher;
  /** The published contract with the code, of the newest major. */
  published: Contract | undefined;
  standard: Standard;
  draftTable: DraftTable;
  /** Whether a dataset has this name already. */
  isTaken(dataset: string): boolean;
}

/** A checked entry as a contract: the published one with what the form says, or a new draft. Pure. */
export async function draftEntry(entry: SentEntry, drafting: DraftingEntry): Promise<EntryDraft> {
  const { published } = drafting;
  const drafted = published === undefined ? await newDocument(entry, drafting) : changedDocument(entry, published);
  const { document, decisions, state } = drafted;
  const comments = new Map(
    decisions.map(({ path, zh, en }) => [path.startsWith('/fields/') ? path : '/dataset', `待定 ${zh} ${en}`]),
  );
  return {
    dataset: document.dataset,
    code: entry.cells.code,
    state,
    decisions,
    document,
    yaml: writeYaml(document, comments),
  };
}

type EntryDocument = Pick<EntryDraft, 'document' | 'decisions' | 'state'>;

function changedDocument({ cells, items }: SentEntry, published: Contract): EntryDocument {
  const read = checkSchema('contract', published.document);
  if ('faults' in read) throw new Error(`${published.id} is published and has faults.`);
  const before = read.document;
  const titles = new Map([...published.fields.values()].map((field) => [field.title.zh, field]));
  const decisions: OpenDecision[] = [];
  const fields = { ...before.fields };
  const key: string[] = [];
  for (const { cells: item } of items) {
    const field = titles.get(item.item);
    const name = field?.name;
    if (field === undefined || name === undefined) {
      decisions.push(
        decision(
          '/fields',
          `目录中没有信息项“${item.item}”：另行编制`,
          `The contract has no item ${item.item}: add it`,
        ),
      );
      continue;
    }
    if (item.key === YES) key.push(name);
    const declared = fields[name];
    const own = typeof declared === 'object' ? declared : {};
    const next = asItem(own, item, { type: formType(field.type), required: field.required });
    if (declared !== undefined || Object.keys(next).length > 0) fields[name] = next;
  }
  const isSameKey = canonicalize([...key].sort()) === canonicalize([...published.key].sort());
  const document: ContractDocument = {
    ...before,
    ...termsOf(cells, before),
    ...(isSameKey ? {} : keyOf(key)),
    fields,
  };
  if (canonicalize(document) === canonicalize(before)) return { document, decisions, state: 'unchanged' };
  return {
    document: { ...document, version: `${published.major}.${published.minor + 1}` },
    decisions,
    state: 'changed',
  };
}

async function newDocument({ cells, items }: SentEntry, drafting: DraftingEntry): Promise<EntryDocument> {
  const names = items.map(({ cells: { item } }) => item);
  const draft = await draftOf(cells, names, drafting);
  const { delivery, ...rest } = draft.document;
  const fields = { ...rest.fields };
  for (const [at, column] of draft.columns.entries()) {
    const item = items[at]?.cells;
    const declared = fields[column.field];
    const element = column.standard ? elementOf(column.element, drafting.standard) : undefined;
    if (item !== undefined && typeof declared === 'object') fields[column.field] = newField(declared, item, element);
  }
  const key = draft.columns.flatMap(({ field }, at) => (items[at]?.cells.key === YES ? [field] : []));
  const document = {
    ...rest,
    ...termsOf(cells, undefined),
    ...keyOf(key),
    filterable: [...new Set([...key, ...(rest.filterable ?? [])])],
    fields,
    ...(delivery === undefined ? {} : { delivery }),
  };
  const decisions = [
    decision('/dataset', '核对数据资源的英文标识', 'Check the name of the dataset'),
    decision('/title/en', '填写英文名称和摘要', 'Write title and summary in English'),
    ...draft.decisions.filter(({ path }) => path.startsWith('/fields/')),
    ...draft.columns.flatMap(({ field, element }, at) => {
      const isLax = items[at]?.cells.nullable === YES && elementOf(element, drafting.standard)?.required === true;
      if (!isLax) return [];
      return [
        decision(
          pointerTo(['fields', field]),
          '标准要求必填，表中可为空',
          'The standard requires it; the form does not',
        ),
      ];
    }),
    ...(key.length === 0 ? [decision('/key', '表中没有主键，请指定', 'The form names no key: name one')] : []),
  ];
  return { document, decisions, state: 'new' };
}

function newField(drafted: FieldDocument, item: ItemCells, element: Element | undefined): FieldDocument {
  const isKey = item.key === YES;
  if (element === undefined) {
    const { type: _t, length: _l, precision: _p, scale: _s, bits: _b, scheme: _c, list: _i, of: _o, ...own } = drafted;
    const declared = typeOfItem(item);
    const field = { ...declared, ...own, title: { zh: item.item, en: drafted.title?.en ?? item.item } };
    const type = parseElementType(typeText(declared));
    return asItem(field, item, { type: type && formType(type), required: isKey });
  }
  const named = element.title.zh === item.item ? {} : { title: { zh: item.item, en: element.title.en } };
  return asItem({ ...drafted, ...named }, item, { type: formType(element.type), required: element.required || isKey });
}

function keyOf(names: readonly string[]): Pick<ContractDocument, 'key'> | object {
  const [first] = names;
  if (first === undefined) return {};
  return { key: names.length === 1 ? first : [...names] };
}

/** Elements by the names of the items, as for a table that has no rows. */
async function draftOf(cells: EntryCells, headings: readonly string[], drafting: DraftingEntry): Promise<CatalogDraft> {
  const { publisher, draftTable, isTaken } = drafting;
  const source = { headings: () => headings, async *batches() {} };
  const format = formatOf(cells) === 'database' ? ('database' as const) : ('spreadsheet' as const);
  const terms = { dataset: `${publisher.slug}/entry`, title: cells.name, format };
  const draft = await draftTable({ source, terms });
  const named = `${publisher.slug}/${(draft.entity?.name ?? 'entry').replaceAll('_', '-')}`;
  const own = `${publisher.slug}/entry-${cells.code.replaceAll('/', '-')}`;
  return {
    ...draft,
    document: { ...draft.document, dataset: isTaken(named) || named.endsWith('/entry') ? own : named },
  };
}

function elementOf(path: string | null, { entities }: Standard) {
  const [entity = '', name] = path?.split('.') ?? [];
  return entities.get(entity)?.elements.find((element) => element.name === name);
}

function decision(path: string, zh: string, en: string): OpenDecision {
  return { path, zh, en, basis: null };
}
