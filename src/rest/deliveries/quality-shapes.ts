import Type, { type TSchema } from 'typebox';
import { DIMENSIONS } from '../../ingest/rules/rule.js';
import { boolean, choice, closed, count, instant, integer, list, name, orNull, text, title, uuid } from '../shapes.js';

/** The quality of a dataset, in the reply to a delivery and in the quality report. */
const percent = Type.Number({ minimum: 0, maximum: 100 });
const severity = choice(['error', 'warning', 'finding']);
const release = integer(1);
const perDimension = (score: TSchema) => closed(Object.fromEntries(DIMENSIONS.map((each) => [each, score])));

export const shortQuality = closed(
  {
    scores: perDimension(percent),
    labelled: Type.Number({
      minimum: 0,
      maximum: 100,
      description: '贴标率: fields of the standard among all fields.',
    }),
    rules: list(closed({ rule: text(100), field: orNull(name), severity, rows: integer(0) }), 10_000),
  },
  { $id: 'ShortQuality' },
);

const score = closed({ score: percent, checked: count(), faults: count() });
const township = closed({ code: text(12), name: orNull(text(64)), rows: integer(0) });
const ruleOrShare = closed({
  rule: text(100),
  title,
  severity,
  dimension: choice(DIMENSIONS),
  basis: text(500),
  field: orNull(name),
  checked: Type.Optional(integer(0)),
  rows: Type.Optional(integer(0, undefined, { description: 'Faulty rows; for a finding, its subjects.' })),
  lines: Type.Optional(list(count(), 20, { description: 'Line numbers in the delivered file.' })),
  townships: Type.Optional(list(township, 10_000)),
  skipped: Type.Optional(boolean),
  percent: Type.Optional(
    Type.Number({ minimum: 0, maximum: 100, description: 'Whole percent, for readers who do not deliver.' }),
  ),
});
const filled = closed({ field: name, rows: integer(0), filled: percent });

export const qualityReport = closed(
  {
    release,
    released: instant,
    delivery: Type.Optional(uuid),
    scores: perDimension(Type.Union([score, percent])),
    labelled: percent,
    rows: Type.Optional(closed({ received: integer(0), accepted: integer(0), rejected: integer(0) })),
    fields: Type.Optional(list(filled, 500)),
    rules: list(ruleOrShare, 10_000),
  },
  { $id: 'QualityReport' },
);
export const qualityHistory = closed(
  {
    data: list(closed({ release, released: instant, scores: perDimension(percent), labelled: percent }), 100),
    page: closed({ before: orNull(release), has_more: boolean }),
  },
  { $id: 'QualityHistory' },
);
