import { Command, InvalidArgumentError, Option } from 'commander';
import Type, { type Static } from 'typebox';
import { connect, expectSuccess } from '../client.js';
import { DATASET_HELP, type DatasetName, parseDataset } from '../dataset-name.js';
import { print, strong } from '../output.js';
import { widthOf } from '../table.js';

interface QualityOptions {
  release?: string;
  lang: 'zh' | 'en';
  as?: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

/** A report as the server returns it: only shares where the application does not deliver the dataset. */
const RULE = Type.Object({
  rule: Type.String(),
  field: Type.Union([Type.String(), Type.Null()]),
  title: Type.Object({ zh: Type.String(), en: Type.String() }),
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning'), Type.Literal('finding')]),
  rows: Type.Optional(Type.Number()),
  percent: Type.Optional(Type.Number()),
  lines: Type.Optional(Type.Array(Type.Number())),
  townships: Type.Optional(
    Type.Array(
      Type.Object({ name: Type.Union([Type.String(), Type.Null()]), code: Type.String(), rows: Type.Number() }),
    ),
  ),
  skipped: Type.Optional(Type.Boolean()),
});
const REPORT = Type.Object({
  release: Type.Number(),
  released: Type.String(),
  scores: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Object({ score: Type.Number() })])),
  labelled: Type.Number(),
  fields: Type.Optional(Type.Array(Type.Object({ field: Type.String(), filled: Type.Number() }))),
  rules: Type.Array(RULE),
});
type ReportedRule = Static<typeof RULE>;

const DIMENSIONS: Readonly<Record<string, { zh: string; en: string }>> = {
  conformity: { zh: '规范性', en: 'conformity' },
  completeness: { zh: '完整性', en: 'completeness' },
  accuracy: { zh: '准确性', en: 'accuracy' },
  consistency: { zh: '一致性', en: 'consistency' },
  timeliness: { zh: '时效性', en: 'timeliness' },
  accessibility: { zh: '可访问性', en: 'accessibility' },
};
const WORDS = {
  zh: {
    release: '数据版本',
    labelled: '贴标率',
    rules: '规则',
    none: '没有发现问题',
    lines: '行',
    gaps: '完整率最低的数据项',
    skipped: '超时未检查',
  },
  en: {
    release: 'release',
    labelled: 'mapped to the standard',
    rules: 'rules',
    none: 'nothing was found',
    lines: 'lines',
    gaps: 'least filled',
    skipped: 'took too long, not judged',
  },
};
const SEVERITIES = {
  zh: { error: '错误', warning: '警告', finding: '发现' },
  en: { error: 'error', warning: 'warning', finding: 'finding' },
};
const BAR = 30;
const GAPS_SHOWN = 5;

/** Prints the quality of a dataset: a bar per dimension, the worst rules first. */
export function qualityCommand(): Command {
  return new Command('quality')
    .argument('<dataset>', DATASET_HELP, parseDataset)
    .description('show the quality report of a dataset')
    .option('--release <number>', 'an earlier release', checkRelease)
    .addOption(new Option('--lang <language>', 'of titles').choices(['zh', 'en']).default('zh'))
    .option('--as <application>', 'who asks (default: <publisher>-publisher)')
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print the report as JSON')
    .action(showQuality);
}

function checkRelease(text: string): string {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('Expected the number of a release.');
  return text;
}

async function showQuality({ publisher, contract, path }: DatasetName, options: QualityOptions): Promise<void> {
  const application = options.as ?? `${publisher}-publisher`;
  const client = await connect({ ...options, application, resource: 'data' });
  const query = options.release === undefined ? '' : `?release=${options.release}`;
  const reply = await client.request('GET', `${path}/quality${query}`);
  const { data } = expectSuccess(reply, Type.Object({ data: REPORT }));
  print(options, data, textOf(contract, data, options.lang));
}

function textOf(dataset: string, report: Static<typeof REPORT>, lang: 'zh' | 'en'): string {
  const words = WORDS[lang];
  const scores = Object.entries(report.scores).map(([dimension, value]) => {
    const score = typeof value === 'number' ? value : value.score;
    return barLine(DIMENSIONS[dimension]?.[lang] ?? dimension, score);
  });
  const broken = report.rules.filter((rule) => (rule.rows ?? rule.percent ?? 0) > 0 || rule.skipped);
  const gaps = [...(report.fields ?? [])].sort((a, b) => a.filled - b.filled).filter(({ filled }) => filled < 100);
  return [
    strong(`${dataset} · ${words.release} ${report.release} · ${report.released}`),
    ...scores,
    barLine(words.labelled, report.labelled),
    '',
    strong(words.rules),
    ...(broken.length === 0 ? [`  ${words.none}`] : broken.sort(worstFirst).map((rule) => ruleText(rule, lang))),
    ...(gaps.length === 0 ? [] : ['', strong(words.gaps)]),
    ...gaps.slice(0, GAPS_SHOWN).map(({ field, filled }) => barLine(field, filled)),
  ].join('\n');
}

function barLine(name: string, percent: number): string {
  const full = Math.floor((percent / 100) * BAR);
  return `  ${name}${' '.repeat(Math.max(1, 24 - widthOf(name)))}${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent}`;
}

function worstFirst(a: ReportedRule, b: ReportedRule): number {
  return (b.rows ?? b.percent ?? 0) - (a.rows ?? a.percent ?? 0);
}

function ruleText(
  { field, title, severity, lines = [], townships = [], ...rule }: ReportedRule,
  lang: 'zh' | 'en',
): string {
  const words = WORDS[lang];
  const much = rule.skipped ? words.skipped : rule.percent === undefined ? String(rule.rows) : `${rule.percent} %`;
  const where =
    lines.length === 0 ? '' : ` (${words.lines} ${lines.slice(0, 5).join(', ')}${lines.length > 5 ? ', …' : ''})`;
  const head = `  ${much.padStart(6)}  ${SEVERITIES[lang][severity]}  ${title[lang]}${field === null ? '' : ` [${field}]`}${where}`;
  return [head, ...townships.map(({ code, name, rows }) => `          ${name ?? code}: ${rows}`)].join('\n');
}
