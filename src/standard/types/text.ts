import { copyText, isAtMost, isStorable, MASKED_TEXT, mustBeStorable, plain, storableSchema } from './plain-text.js';
import { EQUALITY, type FieldType, QUOTED, type ValueType } from './value-type.js';

/** Characters of a filter value. A longer field allows more, so that a filter takes every value that leaves. */
const OPERAND_AT_MOST = 1_000;

const operandAtMost = (type: FieldType) => Math.max(OPERAND_AT_MOST, type.length ?? 0);

/** Free text of at most `length` characters, trimmed. A filter takes it untrimmed. */
export const text: ValueType = {
  title: '文本',
  example: () => '示例',
  expected: (type) => `text of at most ${operandAtMost(type)} characters`,

  parameters: ['length!'],
  declared: (parameter) =>
    parameter !== undefined && /^[1-9][0-9]{0,4}$/.test(parameter) ? { length: Number(parameter) } : undefined,
  column: () => 'text COLLATE "C"',

  parser: () => plain,
  stored: ({ length }) => ({
    type: 'string',
    ...(length === undefined ? {} : { maxLength: length }),
    must: mustBeStorable,
  }),
  copy: copyText,

  json: () => QUOTED,
  graphql: () => 'String',
  masks: MASKED_TEXT,
  schema: ({ length }) => storableSchema(length ?? OPERAND_AT_MOST),

  operators: [...EQUALITY, 'contains', 'startswith'],
  operand: (raw, type) =>
    typeof raw === 'string' && isAtMost(raw, operandAtMost(type)) && isStorable(raw) ? raw : undefined,
  operandSchema: (type) => storableSchema(operandAtMost(type)),

  sortable: true,
  scope: true,
  subject: true,
  compared: 'loosely',
  spreadsheetText: true,
};
