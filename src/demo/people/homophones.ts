import type { Random } from '../files/random.js';

/** Homophones, as an input method offers them: a grid worker who sees no document types these. */
const GROUPS: readonly string[] = [
  '伟玮炜',
  '丽莉',
  '静婧',
  '红洪虹',
  '英瑛',
  '芳方',
  '军君钧',
  '辉晖',
  '斌彬',
  '健建',
  '浩皓昊',
  '杰洁捷',
  '涵晗',
  '萱宣轩',
  '怡仪',
  '梅玫',
  '艳燕',
  '刚钢',
  '峰锋',
  '明铭',
  '志治',
  '晓小',
  '文雯',
  '玉育',
  '华桦',
  '云芸',
  '琴秦',
  '平萍',
  '兰蓝',
  '珍贞',
  '桂贵',
  '香湘',
  '荣蓉',
  '子梓',
  '宇雨羽',
  '佳嘉',
  '欣新心',
  '博伯',
  '翔祥',
  '阳洋',
  '慧惠',
  '磊蕾',
  '娟鹃',
  '国帼',
  '永勇',
  '傅付',
  '张章',
  '于余',
];

/** The name with one character replaced by a homophone; undefined where it has none. */
export function misheard(random: Random, name: string): string | undefined {
  const places = [...name].flatMap((character, at) => {
    const group = GROUPS.find((characters) => characters.includes(character));
    return group === undefined ? [] : [{ at, others: [...group].filter((other) => other !== character) }];
  });
  if (places.length === 0) return undefined;
  const { at, others } = random.pick(places);
  return [...name].map((character, i) => (i === at ? random.pick(others) : character)).join('');
}
