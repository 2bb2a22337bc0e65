import { copyText, isStorable, storableSchema } from './plain-text.js';
import { EQUALITY, QUOTED, type ValueFault, type ValueType } from './value-type.js';

/** Replaces a publisher's code that the contract doesn't map; no code list has it. */
export const UNMAPPED = '\u0000unmapped';

const NOT_MAPPED: ValueFault = { rule: 'code', reason: 'the contract maps no such code of the publisher' };
const CODE_AT_MOST = 20;

/** A code of one list. Rows and filters accept retired codes, new deliveries don't. */
export const code: ValueType = {
  title: '代码',
  example: () => '',
  expected: ({ list = '' }) => `a code of the list ${list}`.trim(),

  parameters: ['list!'],
  declared: (parameter, list) => (parameter === undefined && list !== undefined ? { list } : undefined),
  column: () => 'text COLLATE "C"',

  parser: (_, codes) => codes,
  stored({ list = '' }, { standard, inForce }) {
    const codes = standard.lists.get(list);
    const retired = new Set(
      [...(standard.codeLists.get(list)?.codes ?? [])]
        .filter(([, each]) => inForce && each.retired)
        .map(([own]) => own),
    );
    const unknown: ValueFault = { rule: 'code', reason: `not a code of ${list}` };
    const gone: ValueFault = { rule: 'retired-code', reason: `a retired code of ${list}` };
    return {
      type: 'string',
      must(value: string) {
        if (codes?.has(value)) return retired.has(value) ? gone : undefined;
        return value === UNMAPPED ? NOT_MAPPED : unknown;
      },
    };
  },
  copy: copyText,

  json: () => QUOTED,
  graphql: () => 'String',
  masks: {},
  schema: ({ list }, codes) => codes(list),

  operators: EQUALITY,
  operand(raw, { list }, lists) {
    if (typeof raw !== 'string') return undefined;
    const codes = list === undefined ? undefined : lists?.get(list);
    const known = codes === undefined ? raw.length <= CODE_AT_MOST && isStorable(raw) : codes.has(raw);
    return known ? raw : undefined;
  },
  operandSchema: ({ list }, codes) => codes(list),

  sortable: true,
  scope: true,
  subject: false,
  compared: 'exactly',
  spreadsheetText: true,
};

/** Used if the list is unknown. */
export const anyCode = storableSchema(CODE_AT_MOST);
