import { isUtf8 } from 'node:buffer';

/** What the characters of a text without a mark show. */
export interface CharsetEvidence {
  charset: 'utf-8' | 'gb18030';
  /** Characters of three or four bytes that are valid UTF-8. GB18030 has one of them by chance in about a hundred. */
  soundUtf8: number;
  /** Non-ASCII characters that were weighed, broken ones included. */
  characters: number;
}

/** A text with so many characters of two bytes, all valid UTF-8, is not GB18030. */
const WEAK_AT_LEAST = 8;
/** A line with so many characters of three bytes, all valid UTF-8, is not GB18030. */
const SOUND_IN_A_LINE = 2;

/**
 * Weighs all characters, because one broken byte is no evidence about the others. Chinese text is valid UTF-8 by chance
 * only for single characters; and valid UTF-8 is hardly ever made of the frequent characters of GB 2312.
 * @param ended false where the last character may be incomplete
 */
export function charsetEvidence(bytes: Uint8Array, ended: boolean): CharsetEvidence {
  const { sound, weak, latin, broken } = asUtf8(bytes, ended);
  const plain = broken === 0 && (weak === latin || weak >= WEAK_AT_LEAST);
  const utf8 = sound > broken || plain || !isFrequentChinese(bytes);
  return { charset: utf8 ? 'utf-8' : 'gb18030', soundUtf8: sound, characters: sound + weak + broken };
}

/** Whether one line of a GB18030 text is UTF-8, as when it was pasted from another file. */
export function isUtf8Line(line: Uint8Array): boolean {
  return isUtf8(line) && asUtf8(line, true).sound >= SOUND_IN_A_LINE;
}

function asUtf8(bytes: Uint8Array, ended: boolean) {
  const found = { sound: 0, weak: 0, latin: 0, broken: 0 };
  const text = new TextDecoder('utf-8').decode(bytes, { stream: !ended });
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80 || (unit >= 0xdc00 && unit <= 0xdfff)) continue;
    if (unit === 0xfffd) found.broken++;
    else if (unit >= 0x800) found.sound++;
    else {
      found.weak++;
      if (unit < 0x100) found.latin++;
    }
  }
  return found;
}

/** Whether at least half of the characters are signs or the 3,755 frequent characters of GB 2312 (rows 1 to 3, 16 to 55). */
function isFrequentChinese(bytes: Uint8Array): boolean {
  let all = 0;
  let frequent = 0;
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) continue;
    all++;
    const next = bytes[at + 1] ?? 0;
    if (next >= 0xa1 && ((lead >= 0xb0 && lead <= 0xd7) || (lead >= 0xa1 && lead <= 0xa3))) frequent++;
    at += next >= 0x30 && next <= 0x39 ? 3 : next >= 0x40 ? 1 : 0;
  }
  return frequent > 0 && frequent * 2 >= all;
}
