import type { ComparedSide } from '../../query/datasets/compare.js';
import type { EntityFacts, FactSubject } from '../../standard/facts.js';
import type { Standard } from '../../standard/standard.js';
import { typeOf } from '../../standard/type.js';
import { type GrantedRead, openField } from './granted-reads.js';

/** One granted dataset of a comparison. */
export interface Side extends ComparedSide {
  read: GrantedRead;
  subject: FactSubject;
}

/** Two datasets, and the elements that may be compared in both. */
export interface Comparison {
  first: Side;
  second: Side;
  elements: readonly string[];
}

/** All pairs of granted datasets about the same kind of subject; the source of truth comes first. */
export function comparisonsOf(reads: readonly GrantedRead[], standard: Standard): Comparison[] {
  const sides = reads
    .flatMap((read) => (standard.facts.get(read.contract.entity ?? '') ?? []).flatMap((facts) => sideOf(read, facts)))
    .sort((a, b) => rank(a).localeCompare(rank(b), 'en'));
  const pairs: Comparison[] = [];
  for (const [i, first] of sides.entries()) {
    for (const second of sides.slice(i + 1)) {
      if (first.subject !== second.subject || first.read === second.read) continue;
      const elements = [...first.says.keys()].filter((element) => second.says.has(element));
      if (elements.length > 0) pairs.push({ first, second, elements });
    }
  }
  return pairs;
}

function rank({ read: { contract } }: Side): string {
  return `${contract.sourceOfTruth ? 0 : 1} ${contract.name}`;
}

function sideOf(read: GrantedRead, facts: EntityFacts): Side[] {
  const { contract, access } = read;
  const open = (name: string | undefined) => openField(access, name)?.name;
  if (open(facts.by) === undefined) return [];
  const says = new Map<string, string>();
  for (const [element, name] of facts.says) {
    const field = name === facts.by || open(name) === undefined ? undefined : contract.fields.get(name);
    if (field !== undefined && typeOf(field.type).compared !== 'never') says.set(element, name);
  }
  // A place that is masked for children would reveal them through the list.
  const place = (name: string | undefined) => (openField(access, name)?.minorMask === 'none' ? name : undefined);
  const { subject, by, division, grid } = facts;
  return [{ read, access, subject, by, says, division: place(division), grid: place(grid) }];
}
