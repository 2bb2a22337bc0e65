import Type from 'typebox';
import {
  choice,
  closed,
  count,
  instant,
  integer,
  list,
  map,
  name,
  orNull,
  pattern,
  relativePath,
  text,
  uuid,
} from '../shapes.js';
import { shortQuality } from './quality-shapes.js';

/** The state of a delivery, for its deliverer. */
export const mode = choice(['snapshot', 'delta']);

const unmappedValue = closed({
  field: name,
  heading: text(1_000),
  values: list(closed({ value: text(40), rows: integer(1) }), 50),
  more: integer(0),
  other: integer(0),
});
const report = orNull(
  closed({
    unmapped: list(text(1_000), 10_000, { description: 'Columns that match no field of the contract.' }),
    suggestions: Type.Optional(
      map(text(1_000), 100, { description: 'The heading that the sender probably meant, by column.' }),
    ),
    unmappedValues: Type.Optional(
      list(unmappedValue, 1_000, {
        description: "The sender's codes that the contract maps to no code of the standard.",
      }),
    ),
    derived: Type.Optional(
      map(closed({ filled: integer(0), differing: integer(0), unclear: integer(0) }), 1_000, {
        description: 'Fields that are derived from other fields, in rows.',
      }),
    ),
    source: Type.Optional(
      map(Type.Unknown(), 20, {
        description:
          'What the source itself reports: the `charset` of a text, `misreadRows` whose text looks like mojibake (锟斤拷), sheets left out, counts reconciled.',
      }),
    ),
    faults: list(closed({ field: orNull(name), rule: text(100), rows: integer(0) }), 10_000),
    quality: Type.Optional(shortQuality),
    kept: Type.Optional(integer(0)),
    superseded: Type.Optional(integer(0)),
    unchanged: Type.Optional(closed({ sameAs: uuid, release: integer(0) })),
    refused: Type.Optional(closed({ rule: text(100), reason: text(2_000), line: Type.Optional(integer(0)) })),
  }),
);

export const delivery = closed(
  {
    id: uuid,
    state: choice(['receiving', 'landed', 'publishing', 'published', 'rejected', 'failed', 'cancelled']),
    mode,
    received: integer(0),
    accepted: integer(0),
    rejected: integer(0),
    inserted: integer(0),
    updated: integer(0),
    deleted: integer(0),
    release: orNull(count()),
    digest: orNull(pattern('^sha-256=:[A-Za-z0-9+/]{43}=:$', 80)),
    report: Type.Union(report.anyOf, { $id: 'Report' }),
    rejects: orNull(relativePath(300)),
    created: Type.Optional(instant),
    ended: Type.Optional(orNull(instant)),
  },
  { $id: 'Delivery' },
);
export const accepted = closed({ id: uuid, state: choice(['landed']), mode }, { $id: 'DeliveryAccepted' });
