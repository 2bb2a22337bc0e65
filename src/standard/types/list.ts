import { parseJson } from './geojson.js';
import { copyText } from './plain-text.js';
import { type FieldType, type ParseValue, PRESENCE, RAW, type ValueType } from './value-type.js';

const ITEMS_AT_MOST = 1_000;
const TEXT: FieldType = { name: 'text' };

/** A JSON array, or values separated by ; 、 | or comma. */
const parser =
  (item: ParseValue): ParseValue =>
  (value) => {
    const trimmed = typeof value === 'string' ? value.trim() : value;
    const split =
      typeof trimmed === 'string' && trimmed !== '' && !trimmed.startsWith('[')
        ? trimmed.split(/[;；、|,，]/).filter((part) => part.trim() !== '')
        : parseJson(trimmed);
    return Array.isArray(split) ? split.map(item) : split;
  };

/**
 * At most a thousand values of one scalar type, without null. `typeOf` finds that type. A filter can only ask whether
 * there is a list.
 */
export function listType(typeOf: (type: FieldType) => ValueType): ValueType {
  return {
    title: '多值',
    example: () => '甲;乙',
    expected: () => 'nothing but null',

    parameters: ['of!'],
    declared: () => undefined, // the part after the colon of `list:code` is read elsewhere
    column: () => 'jsonb',

    parser: ({ of = TEXT }, codes) => parser(typeOf(of).parser(of, codes)),
    stored: ({ of = TEXT }, judged) => ({
      type: 'array',
      maxItems: ITEMS_AT_MOST,
      items: typeOf(of).stored(of, judged),
    }),
    copy: (value: unknown[]) => copyText(JSON.stringify(value)),

    json: () => RAW,
    graphql: ({ of = TEXT }) => typeOf(of).graphql(of),
    masks: {},
    schema: ({ of = TEXT }, codes) => ({ type: 'array', maxItems: ITEMS_AT_MOST, items: typeOf(of).schema(of, codes) }),

    operators: PRESENCE,
    operand: () => undefined,
    operandSchema: () => ({ not: {} }),

    sortable: false,
    scope: false,
    subject: false,
    compared: 'never',
    spreadsheetText: true,
  };
}
