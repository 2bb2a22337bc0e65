/**
 * The columns of the national form of a catalog entry: 《政务信息资源目录编制指南（试行）》 (2017), and what article 13 of
 * 《政务数据共享条例》 (Decree 809) adds. One row is a data item; the columns of the entry stand in its first row.
 */
export interface FormColumn {
  heading: string;
  en: string;
  required: boolean;
  /** Characters. */
  atMost?: number;
  /** What its drop-down offers. */
  values?: readonly string[];
  /** What else it should be, for people. */
  hint?: string;
  example: string;
}

/** Word of the form ↔ value of the contract. */
export type FormWords = Readonly<Record<string, string>>;

export const FORMAT_CLASSES: FormWords = {
  document: '电子文件',
  spreadsheet: '电子表格',
  database: '数据库',
  image: '图形图像',
  stream: '流媒体',
  text: '自描述格式',
  other: '服务接口',
};
/** By class. */
export const FORMAT_TYPES: Readonly<Record<string, readonly string[]>> = {
  电子文件: ['OFD', 'wps', 'xml', 'txt', 'doc', 'docx', 'html', 'pdf', 'ppt'],
  电子表格: ['et', 'xls', 'xlsx'],
  数据库: ['Dm', 'KingbaseES', 'access', 'dbf', 'dbase', 'sybase', 'oracle', 'sqlserver', 'db2', 'mysql', 'postgresql'],
  图形图像: ['jpg', 'gif', 'bmp', 'tif', 'png', 'shp'],
  流媒体: ['swf', 'rm', 'mpg'],
  自描述格式: ['自描述'],
  服务接口: ['接口'],
};
export const SHARING: FormWords = { unconditional: '无条件共享', conditional: '有条件共享', none: '不予共享' };
export const CHANNELS: FormWords = { platform: '共享平台方式', other: '其他' };
export const MODES: FormWords = { batch: '数据库', file: '文件下载', api: '服务接口' };
/** The last two are not in the guide: contracts have them. */
export const UPDATES: FormWords = {
  realtime: '实时',
  daily: '每日',
  weekly: '每周',
  monthly: '每月',
  quarterly: '每季度',
  yearly: '每年',
  'half-yearly': '每半年',
  irregular: '不定期',
};
export const GRADES: FormWords = {
  'general-1': '一般1级',
  'general-2': '一般2级',
  'general-3': '一般3级',
  'general-4': '一般4级',
  important: '重要',
  core: '核心',
};
export const YES = '是';
export const NO = '否';
const EITHER = [YES, NO];
export const ITEM_TYPES: FormWords = {
  C: '字符型 C',
  N: '数值型 N',
  Y: '货币型 Y',
  D: '日期型 D',
  T: '日期时间型 T',
  L: '逻辑型 L',
  M: '备注型 M',
  G: '通用型 G',
  B: '双精度型 B',
  I: '整型 I',
  F: '浮点型 F',
};
/** The value of the contract for a word of the form. */
export function keyFor(words: FormWords, word: string): string | undefined {
  return Object.keys(words).find((key) => words[key] === word);
}

/** In a cell with several. */
export const BETWEEN = '、';

const words = (list: FormWords): string[] => Object.values(list);

export const ENTRY_COLUMNS = {
  category: {
    heading: '信息资源分类',
    en: 'Category',
    required: true,
    hint: '类、项、目、细目的代码，6 至 16 位数字',
    example: '303001001',
  },
  name: {
    heading: '信息资源名称',
    en: 'Name',
    required: true,
    atMost: 128,
    hint: '不用系统名称，不含连续空格',
    example: '户籍人口',
  },
  code: {
    heading: '信息资源代码',
    en: 'Code',
    required: true,
    atMost: 40,
    hint: '分类代码/顺序码',
    example: '303001001/000001',
  },
  provider: { heading: '信息资源提供方', en: 'Provider', required: true, atMost: 256, example: '公安分局' },
  uscc: {
    heading: '信息资源提供方代码',
    en: "Provider's credit code",
    required: true,
    hint: '统一社会信用代码 GB 32100',
    example: '113700000000000010',
  },
  summary: {
    heading: '信息资源摘要',
    en: 'Summary',
    required: true,
    atMost: 1000,
    example: '户籍登记在本区的人口基本信息',
  },
  formatClass: {
    heading: '信息资源格式分类',
    en: 'Class of format',
    required: true,
    values: words(FORMAT_CLASSES),
    example: '数据库',
  },
  formatType: {
    heading: '信息资源格式类型',
    en: 'Format',
    required: true,
    values: Object.values(FORMAT_TYPES).flat(),
    example: 'postgresql',
  },
  sharing: { heading: '共享类型', en: 'Sharing', required: true, values: words(SHARING), example: '有条件共享' },
  condition: {
    heading: '共享条件',
    en: 'Condition of sharing',
    required: true,
    atMost: 500,
    hint: '无条件共享填“无条件”；有条件共享写明共享范围；不予共享写明法律、行政法规或国务院决定的名称和条款',
    example: '区级部门和镇（街道）为履行法定职责使用',
  },
  channel: {
    heading: '共享方式分类',
    en: 'Class of mode',
    required: true,
    values: words(CHANNELS),
    example: '共享平台方式',
  },
  mode: {
    heading: '共享方式类型',
    en: 'Modes',
    required: true,
    values: words(MODES),
    hint: '多种方式以顿号分隔',
    example: '数据库、服务接口',
  },
  open: { heading: '是否向社会开放', en: 'Open to the public', required: true, values: EITHER, example: NO },
  openCondition: { heading: '开放条件', en: 'Condition of opening', required: false, atMost: 500, example: '' },
  update: { heading: '更新周期', en: 'Update cycle', required: true, values: words(UPDATES), example: '每日' },
  issued: { heading: '发布日期', en: 'Issued on', required: false, hint: 'CCYY-MM-DD', example: '2026-01-31' },
  related: { heading: '关联资源代码', en: 'Related codes', required: false, atMost: 1000, example: '' },
  grade: {
    heading: '数据分类分级',
    en: 'Classification and grade',
    required: true,
    hint: '分类／分级，如 人口／一般3级',
    example: '人口／一般3级',
  },
  use: {
    heading: '使用条件',
    en: 'Terms of use',
    required: true,
    atMost: 500,
    hint: '没有时填“无”',
    example: '网格化服务、社会救助审核等经授权的事项',
  },
  secrecy: {
    heading: '保密风险评估',
    en: 'Assessment of secrecy',
    required: true,
    atMost: 500,
    example: '经审查不涉及国家秘密',
  },
  personal: {
    heading: '个人信息保护影响评估',
    en: 'Assessment of personal information',
    required: true,
    atMost: 500,
    example: '已完成个人信息保护影响评估',
  },
  approved: {
    heading: '部门负责人批准',
    en: 'Approved by',
    required: true,
    atMost: 200,
    hint: '姓名和日期',
    example: '王主任 2026-01-30',
  },
} as const satisfies Record<string, FormColumn>;

const ITEM_COLUMNS = {
  item: { heading: '信息项名称', en: 'Item', required: true, atMost: 128, example: '公民身份号码' },
  type: { heading: '数据类型', en: 'Type', required: true, values: words(ITEM_TYPES), example: '字符型 C' },
  length: { heading: '数据长度', en: 'Length', required: false, hint: '整数', example: '18' },
  key: { heading: '是否主键', en: 'Key', required: false, values: EITHER, example: YES },
  nullable: { heading: '是否可为空', en: 'May be empty', required: false, values: EITHER, example: NO },
} as const satisfies Record<string, FormColumn>;

export type EntryColumn = keyof typeof ENTRY_COLUMNS;
export type ItemColumn = keyof typeof ITEM_COLUMNS;
export type FormKey = EntryColumn | ItemColumn;

/** In the order of the form. */
export const ENTRY_KEYS: readonly EntryColumn[] = keysOf(ENTRY_COLUMNS);
export const ITEM_KEYS: readonly ItemColumn[] = keysOf(ITEM_COLUMNS);
export const FORM_COLUMNS: ReadonlyMap<FormKey, FormColumn> = new Map<FormKey, FormColumn>([
  ...ENTRY_KEYS.map((key): [FormKey, FormColumn] => [key, ENTRY_COLUMNS[key]]),
  ...ITEM_KEYS.map((key): [FormKey, FormColumn] => [key, ITEM_COLUMNS[key]]),
]);

function keysOf<K extends string>(columns: Readonly<Record<K, FormColumn>>): K[] {
  const keys: K[] = [];
  for (const key in columns) keys.push(key);
  return keys;
}
