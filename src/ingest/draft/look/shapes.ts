import { parseDate, parseInstant, parseMonth } from '../../../standard/calendar.js';
import { isResidentId, isUscc } from '../../../standard/identifier.js';

export const SHAPE_NAMES = [
  'resident-id',
  'resident-ids',
  'uscc',
  'phone',
  'division',
  'grid',
  'date',
  'month',
  'datetime',
  'integer',
  'decimal',
  'boolean',
  'point',
  'geometry',
  'name',
  'address',
] as const;
export type ValueShape = (typeof SHAPE_NAMES)[number];

/** What a value looks like, whatever its column is called. A value may have several. */
export const SHAPES: Readonly<Record<ValueShape, (text: string) => boolean>> = {
  'resident-id': (text: string) => isResidentId(text.toUpperCase()),
  'resident-ids': (text: string) => text.split(/[、,;，；\s]+/).every((part) => isResidentId(part.toUpperCase())),
  uscc: (text: string) => isUscc(text.toUpperCase()),
  phone: (text: string) => /^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|\d{7,8}|12\d{3})$/.test(text),
  division: (text: string) => /^[1-8]\d{5}(\d{3}|\d{6})?$/.test(text),
  /** A division and three digits: the code of a grid. */
  grid: (text: string) => /^[1-8]\d{14}$/.test(text),
  /** A serial of Excel is a number here: only its column's format says that it is a day. */
  date: (text: string) => !/^\d{5}(\.0)?$/.test(text) && parseDate(text) !== undefined,
  month: (text: string) => parseMonth(text) !== undefined,
  datetime: (text: string) => parseInstant(text) !== undefined,
  integer: (text: string) => /^(0|[+-]?[1-9]\d{0,17})$/.test(text),
  decimal: (text: string) => /^[+-]?(0|[1-9]\d{0,17})(\.\d{1,10})?$/.test(text),
  boolean: (text: string) => /^(true|false|yes|no|[yn]|是|否|有|无)$/i.test(text),
  point: (text: string) => /^-?\d{1,3}(\.\d+)?[,， ]\s*-?\d{1,2}(\.\d+)?$/.test(text) || /^\{.{0,40}"Point"/.test(text),
  geometry: (text: string) => /^\{.{0,60}"(Multi)?(Polygon|LineString)"/s.test(text),
  name: (text: string) => isPersonsName(text),
  address: (text: string) => /[路街道巷村号楼幢栋室组]/.test(text) && /[\d一二三四五六七八九十]/.test(text),
};

/** The commonest surnames (公安部户政管理研究中心《二〇二〇年全国姓名报告》 and the compound ones): nine persons of ten. */
const SURNAMES = new Set(
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤翟毕国巩',
);
const COMPOUND = /^(欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|令狐|慕容|司徒|夏侯)/;

function isPersonsName(text: string): boolean {
  if (!/^\p{Script=Han}{2,4}(·\p{Script=Han}{1,10})?$/u.test(text)) return false;
  return COMPOUND.test(text) || text.includes('·') || (text.length <= 3 && SURNAMES.has(text.charAt(0)));
}

/** Six digits in a row are a number of somebody or something. */
const NUMBER = /\p{Nd}{6}/u;

/** Whether a value may name a person, a number or a place, so that it is never shown. */
export function mayIdentify(text: string): boolean {
  return NUMBER.test(text) || SHAPES.name(text) || (text.length > 4 && SHAPES.address(text));
}
