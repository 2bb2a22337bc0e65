import type { Title } from '../../catalog/contract.js';

import type { NameOrigin } from './element-names.js';
import type { ValueShape } from './look/shapes.js';
import type { ElementMatch, MatchReason } from './match-elements.js';

const ORIGINS: Readonly<Record<NameOrigin, Title>> = {
  title: { zh: '标准的数据元名称', en: 'the title of the element' },
  heading: { zh: '已发布目录中的表头', en: 'a heading of a published contract' },
  english: { zh: '数据元的英文名', en: 'the English name of the element' },
  elsewhere: { zh: '其他实体同名数据元的名称', en: 'a name of the same element elsewhere' },
  list: { zh: '代码表名称', en: 'the title of its code list' },
};

const SHAPE_WORDS: Readonly<Record<ValueShape, Title>> = {
  'resident-id': { zh: '公民身份号码（校验位正确）', en: 'resident identity numbers with a right check digit' },
  'resident-ids': { zh: '一个或多个公民身份号码', en: 'one or more resident identity numbers' },
  uscc: { zh: '统一社会信用代码（校验位正确）', en: 'unified social credit codes with a right check character' },
  phone: { zh: '电话号码', en: 'phone numbers' },
  division: { zh: '区划代码', en: 'codes of divisions' },
  grid: { zh: '网格编码', en: 'codes of grids' },
  date: { zh: '日期', en: 'dates' },
  month: { zh: '年月', en: 'months' },
  datetime: { zh: '日期时间', en: 'times' },
  integer: { zh: '整数', en: 'whole numbers' },
  decimal: { zh: '小数', en: 'decimals' },
  boolean: { zh: '是或否', en: 'yes or no' },
  point: { zh: '坐标', en: 'coordinates' },
  geometry: { zh: '图形', en: 'geometries' },
  name: { zh: '姓名', en: 'names of persons' },
  address: { zh: '地址', en: 'addresses' },
};

/** Why a column most likely is this element. */
export function reasonsOf(match: ElementMatch): Title[] {
  return [...nameReason(match.reason), ...valueReasons(match)];
}

function nameReason({ kind, name }: MatchReason): Title[] {
  if (name === undefined || kind === 'values') return [];
  const { zh, en } = ORIGINS[name.origin];
  if (kind === 'same') return [{ zh: `表头就是${zh}“${name.text}”`, en: `The heading is ${en}, ${name.text}` }];
  if (kind === 'pinyin') {
    return [{ zh: `表头是${zh}“${name.text}”的拼音`, en: `The heading is pinyin for ${en}, ${name.text}` }];
  }
  return [{ zh: `表头与${zh}“${name.text}”用词相近`, en: `The heading has the words of ${en}, ${name.text}` }];
}

function valueReasons({ reason: { evidence }, codes }: ElementMatch): Title[] {
  if (codes !== undefined && codes.matches.length > 0) {
    const percent = Math.round(codes.share * 100);
    return [{ zh: `取值与代码表相符（${percent}%）`, en: `Its values fit the code list (${percent} %)` }];
  }
  if (evidence.shape !== undefined) {
    const { zh, en } = SHAPE_WORDS[evidence.shape];
    return [{ zh: `取值是${zh}`, en: `Its values are ${en}` }];
  }
  return evidence.weight < 0 ? [{ zh: '取值不像该数据元', en: 'Its values do not look like this element' }] : [];
}

/** A field that no element is like. */
export function beyondStandard(type: string): Title[] {
  return [
    {
      zh: `标准中没有相近的数据元；类型按取值推断为 ${type}`,
      en: `No element of the standard is alike; its values look like ${type}`,
    },
  ];
}
