import fc from 'fast-check';
import { buildingIn, plainText } from '../../src/ingest/derive/address-text.js';
import { buildingOf, houseCode, normalBuilding, normalRoom, normalUnit } from '../../src/ingest/derive/house-code.js';
import t from '../support/tap.js';

const B = normalBuilding;
const U = (text: string) => normalUnit(text);
const R = normalRoom;

/** A spelling and its result; undefined: it has several readings, so nothing is derived. */
const SPELLINGS: readonly [typeof B, string, string | undefined][] = [
  [B, '3', '3'],
  [B, '3#楼', '3'],
  [B, '3号楼', '3'],
  [B, '三号楼', '3'],
  [B, '叁号楼', '3'],
  [B, '3幢', '3'],
  [B, '3栋', '3'],
  [B, '３＃楼', '3'],
  [B, '３号楼', '3'],
  [B, ' 3 号 楼 ', '3'],
  [B, '03#', '3'],
  [B, '第3号楼', '3'],
  [B, 'No.3', '3'],
  [B, '③', '3'],
  [B, '十二号楼', '12'],
  [B, '一二号楼', '12'],
  [B, '拾贰幢', '12'],
  [B, '二十栋', '20'],
  [B, '一百零五号楼', '105'],
  [B, '一百一十五号楼', '115'],
  [B, 'a座', 'A'],
  [B, 'Ａ座', 'A'],
  [B, 'b03号楼', 'B3'],
  [B, '东3号楼', '东3'],
  [B, '東3號樓', '东3'],
  [B, '3号楼东', '3东'],
  [B, '甲3号楼', '甲3'],
  [U, '1单元', '1'],
  [U, '一单元', '1'],
  [U, '壹单元', '1'],
  [U, '01', '1'],
  [U, '１單元', '1'],
  [U, '2门', '2'],
  [U, '东单元', '东'],
  [U, '', '0'],
  [U, '0', '0'],
  [R, '201', '201'],
  [R, '0201', '201'],
  [R, '0201室', '201'],
  [R, '２０１号', '201'],
  [R, '二〇一室', '201'],
  [R, '贰零壹室', '201'],
  [R, '201户', '201'],
  [R, '201东户', '201东'],
  [R, '1101室', '1101'],
  [R, 'b101', 'B101'],
  // Never guessed.
  [B, '一百二号楼', undefined],
  [B, '三3号楼', undefined],
  [B, '十百号楼', undefined],
  [B, '3/4号楼', undefined],
  [B, '3-1号楼', undefined],
  [B, '', undefined],
  [B, '(三)号楼', undefined],
  [R, '201,202', undefined],
  [R, '3-201', undefined],
  [R, '?', undefined],
];

t.test('spellings of one building, entrance or room give one code', async (t) => {
  for (const [normal, spelling, expected] of SPELLINGS) t.equal(normal(spelling), expected, `${spelling}`);
  t.equal(houseCode('B3', '一单元', '0201室'), 'B3-1-201');
  t.equal(houseCode('B3', null, '201'), 'B3-0-201', 'no entrance');
  t.equal(buildingOf('3703031040030010003-1-201'), '3703031040030010003');
  for (const other of ['3703031040030010003010201', 'a-b', 'a-b-c-d']) t.equal(buildingOf(other), undefined, other);
});

/** 1 to 9,999 in Chinese numerals, 大写 or not. */
function inWords(n: number, digits: string, units: readonly string[]): string {
  let words = '';
  let zero = false;
  for (const [i, power] of [1000, 100, 10, 1].entries()) {
    const digit = Math.floor(n / power) % 10;
    if (digit === 0) zero = words !== '';
    else {
      words += (zero ? digits[0] : '') + digits[digit]! + units[i]!;
      zero = false;
    }
  }
  return words;
}

const NUMBER = fc.integer({ min: 1, max: 9_999 });
const spelledBy: readonly ((n: number) => string)[] = [
  (n) => `${n}`,
  (n) => `00${n}`,
  (n) => `${n}`.replace(/\d/g, (d) => String.fromCharCode(d.charCodeAt(0) + 0xfee0)),
  (n) => inWords(n, '零一二三四五六七八九', ['千', '百', '十', '']),
  (n) => inWords(n, '零壹贰叁肆伍陆柒捌玖', ['仟', '佰', '拾', '']),
  (n) => `${n}`.replace(/\d/g, (d) => '〇一二三四五六七八九'[Number(d)]!),
];
const WAY = fc.constantFrom(...spelledBy);

t.test('one number in any spelling gives one code, and two numbers give two', async () => {
  const suffixes = fc.constantFrom('', '号楼', '#楼', '幢', '栋', '＃', ' 号 楼');
  fc.assert(fc.property(NUMBER, WAY, suffixes, (n, way, suffix) => B(way(n) + suffix) === String(n)));
  fc.assert(fc.property(NUMBER, NUMBER, WAY, WAY, (a, b, one, two) => (B(one(a)) === B(two(b))) === (a === b)));
  fc.assert(fc.property(NUMBER, WAY, (n, way) => U(`${way(n)}单元`) === String(n) && R(`${way(n)}室`) === String(n)));
});

t.test('a normal code stays as it is', async () => {
  const marks = [...'0123459三十百零〇东西南北甲号楼栋幢座单元室户第#A a-＃３①'];
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom(...marks), maxLength: 8 }));
  for (const normal of [B, U, R]) {
    fc.assert(
      fc.property(text, (sent) => {
        const once = normal(sent);
        return once === undefined || (normal(once) === once && !once.includes('-'));
      }),
      { numRuns: 500 },
    );
  }
});

t.test('the building that an address names', async (t) => {
  const table: [string, { before: string; building: string } | undefined][] = [
    ['房镇镇盛世康城小区3号楼1单元201室', { before: '房镇镇盛世康城小区', building: '3' }],
    ['房镇镇盛世康城小区 三#楼 201', { before: '房镇镇盛世康城小区', building: '3' }],
    ['共青团西路88号盛世康城小区第12幢2-301', { before: '共青团西路88号盛世康城小区', building: '12' }],
    ['盛世康城小区A座1203', { before: '盛世康城小区', building: 'A' }],
    ['共青团西路88号', undefined],
    ['3号楼201', undefined],
    ['甲小区3号楼和乙小区4号楼', undefined],
    ['', undefined],
  ];
  for (const [address, expected] of table) t.same(buildingIn(plainText(address)), expected, address);
});
