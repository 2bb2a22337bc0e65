const DIGITS = '零一二三四五六七八九';
/** 大写, traditional and other forms → the plain one. */
const PLAIN: ReadonlyMap<string, string> = new Map(
  (
    [
      ['〇○', '零'],
      ['壹弌幺', '一'],
      ['贰貳弍', '二'],
      ['叁叄參', '三'],
      ['肆', '四'],
      ['伍', '五'],
      ['陆陸', '六'],
      ['柒', '七'],
      ['捌', '八'],
      ['玖', '九'],
      ['拾', '十'],
      ['佰', '百'],
      ['仟', '千'],
    ] as const
  ).flatMap(([spellings, plain]) => [...spellings].map((spelling) => [spelling, plain] as const)),
);

/** Any character of a Chinese numeral. */
const ANY = `${DIGITS}十百千${[...PLAIN.keys()].join('')}`;
const RUN = new RegExp(`[${ANY}]+`, 'gu');
const MIXED = new RegExp(`[${ANY}]\\d|\\d[${ANY}]`, 'u');
const SPOKEN =
  /^(?:([一二三四五六七八九])千)?(零)?(?:([一二三四五六七八九])百)?(零)?(?:([一二三四五六七八九])?(十))?(零)?([一二三四五六七八九])?$/;

/** The text with its Chinese numerals as digits: 二十一 and 二一 → 21. Undefined where one is ambiguous: 三百二, 二3. */
export function withDigits(text: string): string | undefined {
  if (MIXED.test(text)) return undefined;
  let clear = true;
  const digits = text.replace(RUN, (run) => {
    const read = readNumber([...run].map((mark) => PLAIN.get(mark) ?? mark).join(''));
    if (read === undefined) clear = false;
    return read ?? '';
  });
  return clear ? digits : undefined;
}

function readNumber(run: string): string | undefined {
  if (!/[十百千]/.test(run)) return [...run].map((mark) => DIGITS.indexOf(mark)).join('');
  const parts = SPOKEN.exec(run);
  if (parts === null) return undefined;
  const [, thousands, zero1, hundreds, zero2, tens, ten, zero3, ones] = parts;
  const value = (digit: string | undefined) => (digit === undefined ? 0 : DIGITS.indexOf(digit));
  const higher = thousands !== undefined || hundreds !== undefined;
  const zero = zero1 !== undefined || zero2 !== undefined || zero3 !== undefined;
  // 三百二 may be 320 or 302; 三百零二 is not ambiguous. A zero is only valid between two digits.
  if (ones !== undefined && ten === undefined && higher && !zero) return undefined;
  if (zero && (!higher || (ones === undefined && ten === undefined && hundreds === undefined))) return undefined;
  if (thousands !== undefined && hundreds === undefined && (ten !== undefined || ones !== undefined) && !zero)
    return undefined;
  return String(
    value(thousands) * 1_000 +
      value(hundreds) * 100 +
      (ten === undefined ? 0 : tens === undefined ? 10 : value(tens) * 10) +
      value(ones),
  );
}
