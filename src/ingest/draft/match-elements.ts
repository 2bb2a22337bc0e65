import { setImmediate as turn } from 'node:timers/promises';
import type { Entity } from '../../standard/entity.js';
import type { HeadingToken, HeadingWords } from '../../standard/headings/heading-words.js';
import { similarity } from '../../standard/headings/heading-words.js';
import { isPinyin, type Pinyin, spelledShare } from '../../standard/headings/pinyin.js';
import type { Standard } from '../../standard/standard.js';
import type { ElementName, NamedElement } from './element-names.js';
import type { ColumnProfile } from './look/column-profile.js';
import { codesOf, type ListFit, matchCodes } from './match-codes.js';
import { type Evidence, evidenceOf } from './value-evidence.js';

/** Why an element was chosen for a column. */
export interface MatchReason {
  /** `same`: the heading is a known name; `alike`: it has the same words; `pinyin`: it spells the name; `values`: only they speak for it. */
  kind: 'same' | 'alike' | 'pinyin' | 'values';
  name: ElementName | undefined;
  evidence: Evidence;
}

export interface ElementMatch {
  named: NamedElement;
  /** 0 to 1. */
  certainty: number;
  reason: MatchReason;
  /** How the column's values fit the code list; undefined where the element has none. */
  codes: ListFit | undefined;
}

export interface TableMatch {
  /** Undefined where no entity explains the table. */
  entity: Entity | undefined;
  certainty: number;
  /** By column. */
  columns: readonly (ElementMatch | undefined)[];
}

export interface Matching {
  standard: Standard;
  words: HeadingWords;
  spelling: Pinyin;
  named: readonly NamedElement[];
  /** The entity, where the person who asks has said it. */
  entity?: string | undefined;
}

/** Finds the entity and the elements of a table. Headings are compared once, however often it is asked. */
export type Matcher = (profiles: readonly ColumnProfile[]) => Promise<TableMatch>;

interface Comparing extends Matching {
  /** By heading: how far a name is like it. */
  likeness: Map<string, Map<string, number>>;
}

const NAME_SHARE = 0.8;
const VALUE_SHARE = 0.2;
/** Values against it count more than values for it: a date is no phone, whatever the heading. */
const AGAINST_SHARE = 0.55;
const TAKEN_FROM = 0.42;
/** An element of another entity needs more: it is one of hundreds. */
const ELSEWHERE_FROM = 0.55;
/** Below a heading that is the name itself. */
const LIKE_AT_MOST = 0.97;
/** An entity whose required elements are missing is less likely. */
const MISSING_WEIGHT = 0.12;
const COLUMNS_EXPLAINED_FROM = 0.3;

export function openMatcher(matching: Matching): Matcher {
  const comparing: Comparing = { ...matching, likeness: new Map() };
  return (profiles) => matchElements(profiles, comparing);
}

/** The entity that explains most of the columns, the element of each column in it, and elements elsewhere for the rest. */
async function matchElements(profiles: readonly ColumnProfile[], matching: Comparing): Promise<TableMatch> {
  const heads = profiles.map((profile) => headOf(profile, matching));
  let best: (TableMatch & { score: number }) | undefined;
  for (const entity of matching.standard.entities.values()) {
    if (matching.entity !== undefined && entity.name !== matching.entity) continue;
    await turn(); // a wide table takes a second: others are served meanwhile
    const found = assign(
      heads,
      matching.named.filter((each) => each.entity === entity),
      matching,
    );
    const score = scoreOf(entity, found);
    if (best === undefined || score > best.score) best = { entity, score, certainty: 0, columns: found };
  }
  const explained = best?.columns.filter((column) => column !== undefined).length ?? 0;
  const isNone = best === undefined || explained === 0 || explained < profiles.length * COLUMNS_EXPLAINED_FROM;
  const entity = isNone && matching.entity === undefined ? undefined : best?.entity;
  const own = entity === undefined ? heads.map(() => undefined) : (best?.columns ?? []);
  const certainty = entity === undefined ? 0 : certaintyOf(own);
  return { entity, certainty, columns: await elsewhere(heads, own, matching) };
}

interface ColumnHead {
  profile: ColumnProfile;
  tokens: readonly HeadingToken[];
  isPinyin: boolean;
  /** By text of a name. */
  likeness: Map<string, number>;
  /** By code list. */
  fits: Map<string, ListFit>;
}

function headOf(profile: ColumnProfile, { words, likeness }: Comparing): ColumnHead {
  const known = likeness.get(profile.heading) ?? new Map<string, number>();
  likeness.set(profile.heading, known);
  const tokens = words.tokensOf(profile.heading);
  const isWord = tokens.some(({ concepts }) => concepts.length > 0);
  return { profile, tokens, isPinyin: isPinyin(profile.heading) && !isWord, likeness: known, fits: new Map() };
}

function scoreOf(entity: Entity, columns: readonly (ElementMatch | undefined)[]): number {
  const taken = new Set(columns.map((match) => match?.named.element));
  const missing = entity.elements.filter((element) => element.required && !taken.has(element)).length;
  return columns.reduce((sum, match) => sum + (match?.certainty ?? 0), 0) - MISSING_WEIGHT * missing;
}

function certaintyOf(columns: readonly (ElementMatch | undefined)[]): number {
  return columns.reduce((sum, match) => sum + (match?.certainty ?? 0), 0) / Math.max(1, columns.length);
}

/** One element a column, one column an element: the likeliest pairs first. */
function assign(
  heads: readonly ColumnHead[],
  named: readonly NamedElement[],
  matching: Comparing,
): (ElementMatch | undefined)[] {
  const pairs = heads.flatMap((head, column) =>
    named.flatMap((each) => {
      const match = judge(head, each, matching);
      return match === undefined || match.certainty < TAKEN_FROM ? [] : [{ column, match }];
    }),
  );
  pairs.sort((a, b) => b.match.certainty - a.match.certainty);
  const found: (ElementMatch | undefined)[] = heads.map(() => undefined);
  const taken = new Set<NamedElement>();
  for (const { column, match } of pairs) {
    if (found[column] !== undefined || taken.has(match.named)) continue;
    found[column] = match;
    taken.add(match.named);
  }
  return found;
}

/** Columns that the entity does not have may be elements of another: the compound of a bill, the division of a worker. */
async function elsewhere(
  heads: readonly ColumnHead[],
  own: readonly (ElementMatch | undefined)[],
  matching: Comparing,
): Promise<(ElementMatch | undefined)[]> {
  const taken = new Set(own.map((match) => match?.named.element.name));
  const all = [...own];
  for (const [column, head] of heads.entries()) {
    if (own[column] !== undefined) continue;
    await turn();
    const best = likeliest(
      head,
      matching.named.filter(({ element }) => !taken.has(element.name)),
      matching,
    );
    if (best !== undefined) taken.add(best.named.element.name);
    all[column] = best;
  }
  return all;
}

function likeliest(head: ColumnHead, named: readonly NamedElement[], matching: Comparing): ElementMatch | undefined {
  let best: ElementMatch | undefined;
  for (const each of named) {
    const found = judge(head, each, matching);
    if (found !== undefined && found.certainty > (best?.certainty ?? ELSEWHERE_FROM)) best = found;
  }
  return best;
}

function judge(head: ColumnHead, named: NamedElement, matching: Comparing): ElementMatch | undefined {
  const { element } = named;
  const { profile } = head;
  const name = bestName(head, named, matching.spelling);
  const isCoded = codesOf(element.type, matching.standard) !== undefined;
  // Most elements are nothing like the heading: their codes are not worth comparing.
  if (name.share < 0.25 && !isCoded) return undefined;
  const codes = isCoded ? fitOf(head, element, matching) : undefined;
  const evidence = codes === undefined ? evidenceOf(profile, element) : codeEvidence(profile, codes);
  const { weight } = evidence;
  const certainty = NAME_SHARE * name.share + (weight < 0 ? AGAINST_SHARE : VALUE_SHARE) * weight;
  const kind = name.share < 0.25 ? 'values' : name.kind;
  return {
    named,
    certainty: Math.min(0.99, Math.max(0, certainty)),
    reason: { kind, name: name.name, evidence },
    codes,
  };
}

function fitOf({ profile, fits }: ColumnHead, { type }: NamedElement['element'], matching: Comparing): ListFit {
  const key = `${type.name} ${type.list ?? type.of?.list ?? ''}`;
  const found = fits.get(key) ?? matchCodes(profile, type, matching);
  fits.set(key, found);
  return found;
}

/** Codes of a list; a column of digits may be codes of any. */
function codeEvidence({ values, filled }: ColumnProfile, { share, matches }: ListFit): Evidence {
  if (filled === 0) return { weight: 0 };
  if (values === undefined) return { weight: -1 };
  const areWords = matches.some(({ word, code }) => word !== code);
  if (share >= 0.75) return { weight: areWords ? 1 : 0.3 };
  return { weight: share >= 0.4 ? 0.4 : -0.6 };
}

interface NameFit {
  share: number;
  kind: 'same' | 'alike' | 'pinyin';
  name: ElementName | undefined;
}

function bestName(head: ColumnHead, { names }: NamedElement, spelling: Pinyin): NameFit {
  const { heading } = head.profile;
  let best: NameFit = { share: 0, kind: 'alike', name: undefined };
  for (const name of names) {
    if (name.trust <= best.share) continue;
    const share = name.trust * (name.text === heading ? 1 : LIKE_AT_MOST * likenessOf(head, name, spelling));
    if (share <= best.share) continue;
    best = { share, kind: name.text === heading ? 'same' : head.isPinyin ? 'pinyin' : 'alike', name };
  }
  return best;
}

function likenessOf({ profile, tokens, isPinyin, likeness }: ColumnHead, name: ElementName, spelling: Pinyin): number {
  let found = likeness.get(name.text);
  if (found === undefined) {
    found = isPinyin ? spelledShare(profile.heading, name.tokens, spelling) : similarity(tokens, name.tokens);
    likeness.set(name.text, found);
  }
  return found;
}
