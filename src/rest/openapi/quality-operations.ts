import type { Contract } from '../../catalog/contract.js';
import { DIMENSIONS } from '../../ingest/rules/rule.js';
import { name } from './dataset/dataset-page-schemas.js';
import { pathOf } from './names.js';
import type { Operation, Reply } from './operation.js';
import {
  boolean,
  choice,
  INT32,
  instant,
  integer,
  list,
  object,
  orNull,
  refTo,
  type Schema,
  text,
  uuid,
} from './schema.js';

const percent: Schema = { type: 'number', minimum: 0, maximum: 100 };
const severity = choice(['error', 'warning', 'finding']);
const release = integer(1, INT32);
const perDimension = (score: Schema): Schema => object(Object.fromEntries(DIMENSIONS.map((each) => [each, score])));

const rule = {
  rule: text(100),
  title: refTo('Title'),
  severity,
  dimension: choice(DIMENSIONS),
  basis: text(500),
  field: orNull(name),
};
const ruleForAll = {
  checked: integer(0),
  rows: integer(0, INT32, { description: 'At fault; of a finding, subjects.' }),
  lines: list(integer(0, Number.MAX_SAFE_INTEGER), 20, { description: 'Of what was sent.' }),
  townships: list(object({ code: text(12), name: orNull(text(64)), rows: integer(0) }), 10_000),
  skipped: boolean,
};
const ruleOrShare = object(
  { ...rule, ...ruleForAll, percent: { ...percent, description: 'Whole percent, for who does not deliver.' } },
  Object.keys(rule),
);
const score = object({
  score: percent,
  checked: integer(0, Number.MAX_SAFE_INTEGER),
  faults: integer(0, Number.MAX_SAFE_INTEGER),
});

/** What the quality operations and the reply to a delivery refer to. */
export const qualitySchemas: Readonly<Record<string, Schema>> = {
  ShortQuality: object({
    scores: perDimension(percent),
    labelled: { ...percent, description: '贴标率: fields of the standard among all fields.' },
    rules: list(object({ rule: text(100), field: orNull(name), severity, rows: integer(0) }), 10_000),
  }),
  QualityReport: object(
    {
      release,
      released: instant,
      delivery: uuid,
      scores: perDimension({ anyOf: [score, percent] }),
      labelled: percent,
      rows: object({ received: integer(0), accepted: integer(0), rejected: integer(0) }),
      fields: list(object({ field: name, rows: integer(0), filled: percent }), 500),
      rules: list(ruleOrShare, 10_000),
    },
    ['release', 'released', 'scores', 'labelled', 'rules'],
  ),
  QualityHistory: object({
    data: list(object({ release, released: instant, scores: perDimension(percent), labelled: percent }), 100),
    page: object({ before: orNull(release), has_more: boolean }),
  }),
};

/** How good the dataset is, now and by release. */
export function qualityOperations(
  contract: Contract,
  name: string,
  title: string,
): Omit<Operation, 'tag' | 'caller'>[] {
  const path = `${pathOf(contract)}/quality`;
  const reply = (description: string, schema: string): Record<number, Reply> => ({
    200: { description, content: { 'application/json': refTo(schema) }, headers: ['Exchange-Receipt'] },
  });
  const common = {
    method: 'GET' as const,
    headers: ['ExchangePurpose', 'ExchangeGrant', 'ExchangeCase', 'ExchangeOperator'] as const,
    problems: [400, 403, 404],
  };
  return [
    {
      ...common,
      path,
      id: `get${name}Quality`,
      summary: `${title}: the quality report`,
      description:
        'Six dimensions of GB/T 36344, 贴标率 and named rules. Counts, lines and findings for who delivers; whole percentages for any other grant.',
      query: { release: { ...release, description: 'Of which release; the newest otherwise.' } },
      replies: reply('The report.', 'QualityReport'),
    },
    {
      ...common,
      path: `${path}/history`,
      id: `list${name}Quality`,
      summary: `${title}: scores by release, the newest first`,
      query: {
        before: { ...release, description: 'Releases before this one: `page.before` of the page before.' },
        limit: integer(1, 100),
      },
      replies: reply('A page of scores.', 'QualityHistory'),
    },
  ];
}
