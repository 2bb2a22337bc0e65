import type { Title } from '../../catalog/contract.js';
import type { FieldDocument } from '../../catalog/contract-document.js';
import { isReserved } from '../../catalog/names.js';
import type { Element } from '../../standard/entity.js';
import type { Pinyin } from '../../standard/headings/pinyin.js';
import { defaultMask, isPersonal } from '../../standard/mask.js';
import type { Standard } from '../../standard/standard.js';
import {
  type FieldType,
  isComparable,
  type Mask,
  parseElementType,
  type Sensitivity,
  typeOf,
} from '../../standard/type.js';
import type { CodeDraft, ColumnDraft } from './catalog-draft.js';
import { draftCodes, rounded, shownValues } from './draft-codes.js';
import { guessType, typeDocument, typeText } from './guess-type.js';
import type { ColumnProfile } from './look/column-profile.js';
import type { ValueShape } from './look/shapes.js';
import type { ElementMatch, TableMatch } from './match-elements.js';
import { beyondStandard, reasonsOf } from './reasons.js';

/** A column with its part of the contract. */
export interface DraftedColumn {
  column: ColumnDraft;
  document: FieldDocument;
  /** Undefined beyond the standard. */
  element: Element | undefined;
}

export interface DraftingColumns {
  profiles: readonly ColumnProfile[];
  match: TableMatch;
  standard: Standard;
  spelling: Pinyin;
  isUnique(column: number): boolean | undefined;
}

const NAME_AT_MOST = 40;
/** A mapping below this is left to a person. */
const CODE_FROM = 0.5;
const TEXT_FILTERED_AT_MOST = 64;
/** Beyond the standard, by the shape of the values. */
const PROTECTED: readonly [ValueShape, Mask][] = [
  ['resident-id', 'id-number'],
  ['phone', 'phone'],
  ['name', 'initial'],
];
const LOOKS_SO = 0.5;

/** Every column as a field of the draft, in the order of the table. */
export function draftColumns(drafting: DraftingColumns): DraftedColumn[] {
  const taken = new Set(drafting.match.entity?.elements.map(({ name }) => name));
  return drafting.profiles.map((profile, at) => {
    const match = drafting.match.columns[at];
    const isOwn = match !== undefined && match.named.entity === drafting.match.entity;
    const field = isOwn
      ? match.named.element.name
      : freeName(match?.named.element.name ?? profile.heading, taken, drafting.spelling);
    taken.add(field);
    return draftColumn({ profile, match, isOwn, field, unique: drafting.isUnique(at) ?? null }, drafting);
  });
}

interface DraftingColumn {
  profile: ColumnProfile;
  match: ElementMatch | undefined;
  /** The element belongs to the entity of the draft. */
  isOwn: boolean;
  field: string;
  unique: boolean | null;
}

function draftColumn(drafting: DraftingColumn, { standard }: DraftingColumns): DraftedColumn {
  const { profile, match, isOwn, field, unique } = drafting;
  const element = match?.named.element;
  const values = shownValues(profile, match);
  const codes = match === undefined ? null : draftCodes(match, values, standard);
  const declared = element === undefined ? guessType(profile) : typeDocument(element.type);
  const text = element?.declared ?? typeText(declared);
  const type: FieldType = element?.type ?? parseElementType(text) ?? { name: 'text' };
  const { sensitivity, mask } = protectionOf(profile, element);
  const column: ColumnDraft = {
    heading: profile.heading,
    field,
    element: match === undefined ? null : `${match.named.entity.name}.${match.named.element.name}`,
    standard: isOwn,
    type: text,
    empty: profile.empty,
    unique,
    sensitivity,
    mask,
    ...usesOf({ field, type, element, sensitivity, empty: profile.empty }),
    certainty: rounded(match?.certainty ?? 0),
    reasons: match === undefined ? beyondStandard(text) : reasonsOf(match),
    codes,
    values,
    sample: sampleOf(type, codes),
  };
  return { column, document: documentOf(drafting, { column, declared }), element };
}

function documentOf(
  { profile, match, isOwn }: DraftingColumn,
  { column, declared }: { column: ColumnDraft; declared: FieldDocument },
): FieldDocument {
  const mapped = (column.codes ?? []).flatMap(({ word, code, certainty }) =>
    code === null || certainty < CODE_FROM || word === '' ? [] : [[word, code] as const],
  );
  const codes = mapped.every(([word, code]) => word === code) ? {} : { codes: Object.fromEntries(mapped) };
  const title: Title = match?.named.element.title ?? { zh: profile.heading.slice(0, 100), en: column.field };
  return {
    ...(isOwn ? {} : declared),
    from: profile.heading,
    ...codes,
    ...(isOwn ? {} : { title, sensitivity: column.sensitivity }),
    ...(isOwn || column.mask === 'none' || column.mask === 'hide' ? {} : { mask: column.mask }),
  };
}

function protectionOf(profile: ColumnProfile, element: Element | undefined): { sensitivity: Sensitivity; mask: Mask } {
  if (element !== undefined) {
    return { sensitivity: element.sensitivity, mask: defaultMask(element.sensitivity, element.mask) };
  }
  // What nobody has looked at counts as personal.
  const found = PROTECTED.find(([shape]) => profile.share(shape) >= LOOKS_SO);
  return { sensitivity: 'L3', mask: found?.[1] ?? 'hide' };
}

interface Using {
  field: string;
  type: FieldType;
  element: Element | undefined;
  sensitivity: Sensitivity;
  empty: number;
}

/** Filters of what programs look for: codes, numbers, references, days; a scope is a place, and every row has it. */
function usesOf({
  field,
  type,
  element,
  sensitivity,
  empty,
}: Using): Pick<ColumnDraft, 'filterable' | 'sortable' | 'scope'> {
  const { calendar, scope, operators } = typeOf(type);
  const isPlace = /(^|_)(division|division_code|grid_code|compound_code)$/.test(field) && scope;
  const isNumber = type.scheme !== undefined || /(_no|_code|^code)$/.test(field);
  const isLookedFor =
    isPlace ||
    isNumber ||
    type.list !== undefined ||
    calendar !== undefined ||
    element?.references !== undefined ||
    type.length === undefined;
  const isShort = (type.length ?? 0) <= TEXT_FILTERED_AT_MOST || type.scheme !== undefined;
  const filterable = element !== undefined && isLookedFor && isShort && isComparable(type);
  const isOrdered = operators.includes('gt');
  return { filterable, sortable: filterable && isOrdered && !isPersonal(sensitivity), scope: isPlace && empty === 0 };
}

function sampleOf(type: FieldType, codes: readonly CodeDraft[] | null): string {
  return codes?.[0]?.title ?? typeOf(type).example(type);
}

/** A name that a contract may have: Latin as it is, Chinese in pinyin. */
function freeName(text: string, taken: ReadonlySet<string>, { spell }: Pinyin): string {
  const latin = text.replace(/\p{Script=Han}+/gu, (han) => `_${spell(han).whole}_`);
  const words =
    latin
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const plain = words.join('_').slice(0, NAME_AT_MOST);
  const base = /^[a-z]/.test(plain) && !isReserved(plain) ? plain : `field_${plain}`.replace(/_$/, '');
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}
