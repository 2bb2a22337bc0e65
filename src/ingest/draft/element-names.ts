import type { Contract } from '../../catalog/contract.js';
import type { Element, Entity } from '../../standard/entity.js';
import { type HeadingToken, type HeadingWords, weightOf } from '../../standard/headings/heading-words.js';
import type { Standard } from '../../standard/standard.js';

/** Where a name of an element comes from. */
export type NameOrigin = 'title' | 'heading' | 'english' | 'elsewhere' | 'list';

/** A text under which an element may come. */
export interface ElementName {
  text: string;
  tokens: readonly HeadingToken[];
  origin: NameOrigin;
  /** How far a match counts, 0 to 1. */
  trust: number;
}

export interface NamedElement {
  entity: Entity;
  element: Element;
  names: readonly ElementName[];
}

const TRUST: Readonly<Record<NameOrigin, number>> = { title: 1, heading: 1, english: 0.95, elsewhere: 0.9, list: 0.85 };

/**
 * Every element of the standard with the texts under which it may come: its title, the headings of contracts that are
 * published, its English name, the title of its code list, and the texts of elements with the same name and type elsewhere.
 */
export function nameElements(
  { standard, contracts }: { standard: Standard; contracts: Iterable<Contract> },
  words: HeadingWords,
): NamedElement[] {
  const headings = headingsOf(contracts);
  const alike = new Map<string, string[]>();
  const own = new Map<Element, [string, NameOrigin][]>();
  for (const entity of standard.entities.values()) {
    for (const element of entity.elements) {
      const texts = ownTexts(entity, element, headings.get(`${entity.name}.${element.name}`) ?? []);
      own.set(element, texts);
      const key = `${element.name} ${element.declared}`;
      alike.set(key, [...(alike.get(key) ?? []), ...texts.map(([text]) => text)]);
    }
  }
  const named: NamedElement[] = [];
  for (const entity of standard.entities.values()) {
    for (const element of entity.elements) {
      const elsewhere = alike.get(`${element.name} ${element.declared}`) ?? [];
      const list = standard.codeLists.get(element.type.list ?? element.type.of?.list ?? '')?.title.zh;
      const texts: [string, NameOrigin][] = [
        ...(own.get(element) ?? []),
        ...(list === undefined ? [] : [[list, 'list'] satisfies [string, NameOrigin]]),
        ...elsewhere.map((text): [string, NameOrigin] => [text, 'elsewhere']),
      ];
      named.push({ entity, element, names: namesOf(texts, words) });
    }
  }
  return named;
}

/** `entity.element` → headings under which publishers deliver it. */
function headingsOf(contracts: Iterable<Contract>): Map<string, string[]> {
  const headings = new Map<string, string[]>();
  for (const { entity, fields } of contracts) {
    for (const { name, from, standard } of fields.values()) {
      if (entity === undefined || !standard) continue;
      const key = `${entity}.${name}`;
      headings.set(key, [...(headings.get(key) ?? []), ...from.filter((heading) => heading !== name)]);
    }
  }
  return headings;
}

function ownTexts(entity: Entity, element: Element, headings: readonly string[]): [string, NameOrigin][] {
  const title = element.title.zh.replace(/\s*\(.*\)$/, '');
  return [
    [title, 'title'],
    [`${entity.title.zh}${title}`, 'title'],
    ...headings.map((heading): [string, NameOrigin] => [heading, 'heading']),
    [element.name, 'english'],
    [`${entity.name}_${element.name}`, 'english'],
  ];
}

function namesOf(texts: readonly [string, NameOrigin][], words: HeadingWords): ElementName[] {
  const seen = new Set<string>();
  return texts.flatMap(([text, origin]) => {
    if (seen.has(text)) return [];
    seen.add(text);
    const tokens = words.tokensOf(text);
    return weightOf(tokens) === 0 ? [] : [{ text, tokens, origin, trust: TRUST[origin] }];
  });
}
