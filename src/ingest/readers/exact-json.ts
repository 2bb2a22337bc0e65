import { isTooDeep } from '../../platform/json/nesting.js';
import { withoutExponent } from '../../standard/types/decimal.js';

/** A member whose number may have more digits than a double keeps: fifteen survive, and a point. */
const MAY_BE_LONG = /:\s*-?[\d.]{16}/;
/** A string, or a member's number and what must come after it. */
const TOKENS = /"(?:[^"\\]|\\.)*"|(:\s*)(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}])/g;
const EXACT_DIGITS = 15;

/**
 * JSON whose numbers keep their digits: a member's number that a double would round comes as the string of its digits, which every type
 * reads as the number. Numbers of an array, as those of coordinates, are doubles by their meaning. Where no number is long this is JSON.parse.
 * @throws SyntaxError as JSON.parse does, and for what is nested too deeply
 */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new SyntaxError('The nesting is too deep');
  if (!MAY_BE_LONG.test(text)) return value;
  return JSON.parse(
    text.replace(TOKENS, (token: string, colon: string | undefined, number: string | undefined) =>
      colon === undefined || number === undefined || digits(number) <= EXACT_DIGITS
        ? token
        : `${colon}"${withoutExponent(number)}"`,
    ),
  );
}

function digits(number: string): number {
  return number.replace(/[eE].*$|[-.]/g, '').replace(/^0+/, '').length;
}
