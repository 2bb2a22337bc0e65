import { isIdentifier } from '../identifier.js';
import { copyText, isAtMost, isStorable, MASKED_TEXT, mustBeStorable, spelled, storableSchema } from './plain-text.js';
import { EQUALITY, type FieldType, QUOTED, type ValueFault, type ValueType } from './value-type.js';

const FAULT: ValueFault = { rule: 'checksum', reason: 'not well formed, or its check character is wrong' };
const DOCUMENT_AT_MOST = 30;
const { 'id-number': idNumber, pseudonym } = MASKED_TEXT;

const documentAtMost = ({ length = DOCUMENT_AT_MOST }: FieldType) => length;

/**
 * A number with a check character, of a resident (GB 11643) or an organisation (GB 32100). If the row has the kind of
 * document (`kindField`), a number of any document. Stored in upper case; a filter also takes lower case and does not
 * check the check character.
 */
export const identifier: ValueType = {
  title: '证件号码',
  // Invented: GB/T 2260 never assigned the county 110199, so nobody has these numbers.
  example: ({ scheme }) => (scheme === 'uscc' ? '111101990000000196' : '110199199001010010'),
  expected: (type) =>
    type.kindField === undefined
      ? '18 digits or letters'
      : `the number of a document, at most ${documentAtMost(type)} characters`,

  parameters: ['scheme!'],
  declared: (parameter) => (parameter === 'resident-id' || parameter === 'uscc' ? { scheme: parameter } : undefined),
  column: () => 'text COLLATE "C"',

  parser: () => spelled((plain) => plain.toUpperCase()),
  stored(type, { at }) {
    const kindAt = type.kindField === undefined ? -1 : at(type.kindField);
    return {
      type: 'string',
      must(value: string, row) {
        const kind = row[kindAt];
        const fits = isIdentifier(type, value, typeof kind === 'string' ? kind : undefined);
        return mustBeStorable(value) ?? (fits ? undefined : FAULT);
      },
    };
  },
  copy: copyText,

  json: () => QUOTED,
  graphql: () => 'String',
  masks: { 'id-number': idNumber, pseudonym },
  schema: (type) =>
    type.kindField === undefined
      ? { type: 'string', maxLength: 18, pattern: '^[0-9A-Z]{18}$' }
      : storableSchema(documentAtMost(type), 1),

  operators: EQUALITY,
  operand(raw, type) {
    if (typeof raw !== 'string') return undefined;
    const fits =
      type.kindField === undefined
        ? /^[0-9A-Za-z]{18}$/.test(raw)
        : raw !== '' && isAtMost(raw, documentAtMost(type)) && isStorable(raw);
    return fits ? raw.toUpperCase() : undefined;
  },
  operandSchema: (type) =>
    type.kindField === undefined
      ? { type: 'string', maxLength: 18, pattern: '^[0-9A-Za-z]{18}$' }
      : storableSchema(documentAtMost(type), 1),

  sortable: true,
  scope: false,
  subject: true,
  compared: 'loosely',
  spreadsheetText: true,
};
