import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { type FieldType, typeOf, type ValueSchema } from '../../src/standard/type.js';
import { anyCode } from '../../src/standard/types/code.js';
import { ascii } from '../../src/standard/types/plain-text.js';
import t from '../support/tap.js';

const TYPES: readonly FieldType[] = [
  { name: 'text', length: 20 },
  { name: 'integer' },
  { name: 'integer', bits: 64 },
  { name: 'decimal', precision: 8, scale: 2 },
  { name: 'decimal', precision: 38, scale: 30 },
  { name: 'boolean' },
  { name: 'date' },
  { name: 'month' },
  { name: 'datetime' },
  { name: 'identifier', scheme: 'resident-id' },
  { name: 'identifier', scheme: 'resident-id', length: 30, kindField: 'id_kind' },
];
const digits = fc.stringMatching(/^[+-]?[0-9]{1,20}(\.[0-9]{1,25})?$/);
const time = fc.stringMatching(
  /^[0-9]{4}-[01][0-9]-[0-3][0-9]([Tt ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,7})?([Zz]|[+-][01][0-9]:[0-5][0-9])?)?$/,
);
const sent = fc.oneof(
  ...[digits, time, fc.stringMatching(/^[0-9]{4}-?[01][0-9]$/), fc.stringMatching(/^[0-9A-Za-z]{18}$/)],
  ...[fc.string({ unit: 'binary', maxLength: 32 }), fc.integer(), fc.double(), fc.boolean()],
  ...[
    fc.constantFrom('E12345678', '12', 'true', '0001-01-01 00:00:00', '9999-12-31T23:59:59-01:00', '1986-05-04 03:00'),
  ],
);
const RUNS = 10_000;

t.test('schemas, deliveries and filters of each type agree', async (t) => {
  const ajv = new Ajv2020({ allowUnionTypes: true, strict: false });
  addFormats.default(ajv);
  const standard = { lists: new Map(), codeLists: new Map() };
  for (const type of TYPES) {
    const rule = typeOf(type);
    const compile = (schema: ValueSchema) => ajv.compile(schema);
    const [leaves, filters] = [
      compile(rule.schema(type, () => anyCode)),
      compile(rule.operandSchema(type, () => anyCode)),
    ];
    const { must, ...keywords } = rule.stored(type, { standard, inForce: true, at: () => 0 });
    const keeps = compile(keywords);
    const parse = rule.parser(type, ascii);
    const taken = (value: unknown) => keeps(value) && must?.(value as never, ['414']) === undefined;
    const agree = (value: unknown) => {
      const stored = parse(value);
      const left = stored === null || !taken(stored) || (leaves(stored) && filters(stored));
      return left && filters(value) === (rule.operand(value, type, undefined) !== undefined);
    };
    t.doesNotThrow(() => fc.assert(fc.property(sent, agree), { numRuns: RUNS }), JSON.stringify(type));
  }
});
