import { itemAt } from '../../platform/known.js';
import { type Random, weighted } from '../files/random.js';

export type Sex = 'male' | 'female';

/** Surnames as they occur around Zibo: 翟, 毕, 国, 巩 are rare elsewhere. */
const SURNAMES: readonly (readonly [string, number])[] = [
  ['王', 118],
  ['李', 92],
  ['张', 90],
  ['刘', 66],
  ['孙', 48],
  ['于', 36],
  ['翟', 24],
  ['毕', 18],
  ['国', 11],
  ['巩', 10],
  ['陈', 26],
  ['杨', 22],
  ['赵', 30],
  ['徐', 24],
  ['高', 20],
  ['宋', 20],
  ['马', 12],
  ['朱', 12],
  ['胡', 11],
  ['郭', 11],
  ['韩', 13],
  ['曹', 10],
  ['崔', 10],
  ['田', 9],
  ['董', 9],
  ['孟', 9],
  ['周', 12],
  ['吴', 10],
  ['耿', 8],
  ['许', 8],
  ['冯', 7],
  ['魏', 7],
  ['苏', 6],
  ['邢', 6],
  ['贾', 6],
  ['石', 6],
  ['傅', 5],
  ['房', 5],
  ['司', 4],
  ['牛', 4],
  ['荆', 4],
  ['蒲', 3],
  ['焦', 3],
  ['谭', 3],
  ['车', 3],
  ['路', 3],
  ['丁', 5],
  ['姜', 5],
  ['沈', 3],
  ['夏', 3],
];
const HUI_SURNAMES: readonly (readonly [string, number])[] = [
  ['马', 40],
  ['丁', 14],
  ['金', 12],
  ['沙', 8],
  ['白', 10],
  ['杨', 8],
  ['米', 5],
  ['回', 4],
  ['穆', 4],
  ['李', 8],
];

interface Cohort {
  from: number;
  male: string;
  female: string;
  /** Share of given names of one character. */
  single: number;
  /** Middle characters; empty: any of the list. */
  middle: string;
}

/** Given names by birth cohort, newest first: characters that were typical of their time. */
const COHORTS: readonly Cohort[] = [
  {
    from: 2010,
    male: '轩宇浩然睿泽辰奕铭博霖熙翰晨皓',
    female: '涵萱梓妍欣怡诺彤瑶悦琪汐玥沐',
    single: 0.06,
    middle: '子梓一宇浩思雨佳俊诗若语',
  },
  {
    from: 1995,
    male: '浩杰鑫磊凯旭翔宇博帅涛阳晨昊',
    female: '倩雪莹雨婷悦欣佳琳慧颖璐萌敏',
    single: 0.22,
    middle: '文佳晓雨志思梦明子俊雅',
  },
  {
    from: 1980,
    male: '伟磊强涛鹏超刚勇波亮斌峰辉健',
    female: '静丽娜燕霞艳敏娟玲芳婷洁蕾梅',
    single: 0.48,
    middle: '海晓志文建永春红立国',
  },
  {
    from: 1960,
    male: '军强勇平波东辉明峰利民斌生海',
    female: '玲霞红英芳萍梅琴丽华娟艳云敏',
    single: 0.28,
    middle: '建国志卫爱新玉永红春',
  },
  {
    from: 0,
    male: '德福生田贵山祥林义孝礼昌茂堂',
    female: '兰英芳花珍秀凤荣香莲贞娥翠桂',
    single: 0.08,
    middle: '玉秀桂兆传继光振永文凤淑',
  },
];

const pickSurname = weighted(SURNAMES);
const pickHuiSurname = weighted(HUI_SURNAMES);

export function surnameOf(random: Random, hui: boolean): string {
  return hui ? pickHuiSurname(random) : pickSurname(random);
}

export function givenNameOf(random: Random, sex: Sex, year: number): string {
  const cohort = itemAt(
    COHORTS,
    COHORTS.findIndex((c) => year >= c.from),
  );
  const last = character(random, sex === 'male' ? cohort.male : cohort.female);
  if (random.chance(cohort.single)) return last;
  let middle = character(random, cohort.middle);
  while (middle === last) middle = character(random, cohort.middle);
  return middle + last;
}

function character(random: Random, from: string): string {
  return from.charAt(random.below(from.length));
}
