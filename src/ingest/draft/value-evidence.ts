import type { Element } from '../../standard/entity.js';
import type { FieldType } from '../../standard/type.js';
import type { ColumnProfile } from './look/column-profile.js';
import type { ValueShape } from './look/shapes.js';

/** What the values say about an element: -1 they can't be its, 0 nothing, 1 they look like nothing else. */
export interface Evidence {
  weight: number;
  /** The shape that speaks for it. */
  shape?: ValueShape;
}

const NOTHING: Evidence = { weight: 0 };
const AGAINST: Evidence = { weight: -1 };
const MOST = 0.8;

/** For types whose values show what they are: the shapes, the best first, and how much they say. */
const BY_TYPE: Readonly<Partial<Record<FieldType['name'], readonly [ValueShape, number][]>>> = {
  integer: [['integer', 0.3]],
  decimal: [
    ['integer', 0.1],
    ['decimal', 0.35],
  ],
  date: [['date', 0.6]],
  month: [['month', 0.7]],
  datetime: [
    ['datetime', 0.7],
    ['date', 0.2],
  ],
  point: [['point', 1]],
  geometry: [['geometry', 1]],
};

/** Judges the shapes of a column by an element. Codes are judged by their list (`match-codes.ts`). */
export function evidenceOf(profile: ColumnProfile, element: Element): Evidence {
  if (profile.filled === 0) return NOTHING;
  const { type } = element;
  if (type.scheme === 'uscc') return oneOf(profile, [['uscc', 1]]);
  if (type.scheme !== undefined) return numberEvidence(profile, type);
  if (type.of?.scheme !== undefined)
    return oneOf(profile, [['resident-ids', profile.share('resident-id') > MOST ? 0.3 : 1]]);
  const shapes = BY_TYPE[type.name];
  if (shapes !== undefined) return oneOf(profile, shapes);
  return type.length === undefined ? NOTHING : textEvidence(profile, element, type.length);
}

function numberEvidence(profile: ColumnProfile, type: FieldType): Evidence {
  const found = oneOf(profile, [['resident-id', 1]]);
  // Other documents have numbers of any form.
  return found === AGAINST && type.kindField !== undefined && profile.longest <= (type.length ?? 0) ? NOTHING : found;
}

function oneOf(profile: ColumnProfile, shapes: readonly [ValueShape, number][]): Evidence {
  for (const [shape, weight] of shapes) if (profile.share(shape) >= MOST) return { weight, shape };
  return AGAINST;
}

/** For texts that a standard name shows to be more: the shape that its values must have, and what it says either way. */
interface Expected {
  of(element: Element): boolean;
  shape: ValueShape;
  found: number;
  missing: number;
}

const TEXTS: readonly Expected[] = [
  {
    of: ({ name, references }) => references === 'division' || name.endsWith('division'),
    shape: 'division',
    found: 0.6,
    missing: -1,
  },
  {
    of: ({ name, references }) => references === 'grid' || name === 'grid_code',
    shape: 'grid',
    found: 0.9,
    missing: -0.5,
  },
  { of: ({ name }) => name.endsWith('phone'), shape: 'phone', found: 0.8, missing: -1 },
  { of: ({ name }) => name.endsWith('address'), shape: 'address', found: 0.5, missing: -0.3 },
  { of: ({ mask }) => mask === 'initial', shape: 'name', found: 0.5, missing: 0 },
];

function textEvidence(profile: ColumnProfile, element: Element, length: number): Evidence {
  if (profile.longest > length) return AGAINST;
  const is = (shape: ValueShape) => profile.share(shape) >= MOST;
  const expected = TEXTS.find(({ of }) => of(element));
  if (expected !== undefined) {
    const { shape, found, missing } = expected;
    return is(shape) ? { weight: found, shape } : { weight: missing };
  }
  if ((is('resident-id') || is('uscc')) && element.mask !== 'id-number') return { weight: -0.5 };
  const isOther = is('geometry') || is('point') || is('datetime') || (is('date') && !is('integer'));
  return isOther ? { weight: -0.6 } : NOTHING;
}
