import type { Field } from '../../catalog/contract.js';
import type { ContractDocument, FieldDocument } from '../../catalog/contract-document.js';
import { isObject } from '../../platform/json-pointer.js';
import { type FieldType, typeOf } from '../../standard/type.js';
import {
  BETWEEN,
  CHANNELS,
  type EntryColumn,
  FORMAT_CLASSES,
  type FormWords,
  GRADES,
  ITEM_TYPES,
  type ItemColumn,
  MODES,
  NO,
  SHARING,
  UPDATES,
  YES,
} from './form-columns.js';

export type EntryCells = Readonly<Record<EntryColumn, string>>;
export type ItemCells = Readonly<Record<ItemColumn, string>>;

/** An entry of the form: its own cells and its data items. */
export interface FormEntry {
  cells: EntryCells;
  items: readonly ItemCells[];
}

/** What the form's columns of a contract need to know of its publisher. */
export interface FormProvider {
  title: { zh: string };
  uscc: string;
}

/** The format type of a contract that names none, by the format of its resource. */
export const FORMAT_TYPE_OF: FormWords = {
  document: 'pdf',
  spreadsheet: 'xlsx',
  database: 'postgresql',
  image: 'jpg',
  geodata: 'shp',
  stream: 'mpg',
  text: '自描述',
  other: '接口',
};
export const NOTHING = '无';
export const UNCONDITIONAL = '无条件';
export const GRADE_MARK = '／';

/** A contract as the form has it. */
export function entryOf(document: ContractDocument, fields: Iterable<Field>, provider: FormProvider): FormEntry {
  const { resource, sharing, classification, assessments } = document;
  const { format = 'other', code = '' } = resource;
  const cells: EntryCells = {
    category: code.split('/')[0] ?? '',
    name: document.title.zh,
    code,
    provider: provider.title.zh,
    uscc: provider.uscc,
    summary: document.summary.zh,
    formatClass: formatClass(format),
    formatType: resource['format-type'] ?? FORMAT_TYPE_OF[format] ?? '',
    sharing: SHARING[sharing.attribute] ?? '',
    condition: conditionOf(sharing),
    channel: CHANNELS[resource.channel ?? 'platform'] ?? '',
    mode: (sharing.modes ?? []).map((mode) => MODES[mode] ?? mode).join(BETWEEN),
    open: resource.open === 'true' ? YES : NO,
    openCondition: resource['open-condition'] ?? '',
    update: UPDATES[resource.update ?? ''] ?? '',
    issued: resource.issued ?? '',
    related: resource.related ?? '',
    grade: `${classification.category ?? ''}${GRADE_MARK}${GRADES[classification.grade ?? ''] ?? ''}`,
    use: sharing.use ?? NOTHING,
    secrecy: assessments.secrecy ?? '',
    personal: assessments['personal-information'] ?? '',
    approved: assessments['approved-by'] ?? '',
  };
  const key = [document.key].flat();
  return { cells, items: [...fields].map((field) => itemOf(field, document.fields[field.name], key)) };
}

/** 图形图像 has pictures and maps. */
export function formatClass(format: string): string {
  return FORMAT_CLASSES[format === 'geodata' ? 'image' : format] ?? '';
}

function conditionOf({ attribute, scope, law }: ContractDocument['sharing']): string {
  if (attribute === 'unconditional') return UNCONDITIONAL;
  return (attribute === 'none' ? law : scope) ?? '';
}

function itemOf(
  { name, title, type, required }: Field,
  declared: FieldDocument | 'false' | undefined,
  key: readonly string[],
): ItemCells {
  const form = isObject(declared) && typeof declared.form === 'string' ? declared.form : formType(type);
  const [, letter = 'C', length = ''] = FORM_TYPE.exec(form) ?? [];
  return {
    item: title.zh,
    type: ITEM_TYPES[letter] ?? '',
    length,
    key: key.includes(name) ? YES : NO,
    nullable: required ? NO : YES,
  };
}

const FORM_TYPE = /^([CNYDTLMGBIF])(?:\((\d{1,6})\))?$/;
/** A longer text is a memo. */
const TEXT_AT_MOST = 254;

/** Type and length of a field in the form: `C(18)`. */
export function formType(type: FieldType): string {
  const { calendar, operators } = typeOf(type);
  if (calendar === 'day') return 'D';
  if (calendar === 'instant') return 'T';
  if (type.scheme !== undefined) return 'C(18)';
  if (type.precision !== undefined) return `N(${type.precision})`;
  if (type.length !== undefined) return `${type.length > TEXT_AT_MOST ? 'M' : 'C'}(${type.length})`;
  if (type.list !== undefined || type.of !== undefined || calendar === 'month') return 'C';
  if (operators.includes('gt')) return 'I';
  return operators.includes('eq') ? 'L' : 'G';
}
