import type { Catalog } from '../../../catalog/catalog.js';
import type { Contract } from '../../../catalog/contract.js';
import { proxyOf } from '../../../catalog/source-terms.js';
import { pathOf } from '../names.js';
import type { HeaderParameter, Operation, Reply } from '../operation.js';
import { qualityOperations } from '../quality-operations.js';
import { choice, refTo, type Schema, text, uuid } from '../schema.js';
import { runOperations } from '../source-operations.js';
import { uploadOperations } from '../upload-operations.js';
import { rowsParameters, selectionParameters } from './dataset-parameters.js';
import { liveOperations } from './live-operations.js';
import { rowId } from './row-schemas.js';

const JSON_TYPE = 'application/json';
const CALL: readonly HeaderParameter[] = ['ExchangePurpose', 'ExchangeGrant', 'ExchangeCase', 'ExchangeOperator'];
const DATA_HEADERS = ['Exchange-Receipt', 'Exchange-Release', 'Schema-Version', 'ETag'];

interface Described {
  contract: Contract;
  catalog: Catalog;
  /** `PoliceResident` */
  name: string;
  /** `户籍人口 Registered resident` */
  title: string;
}

/** The operations of one dataset: what the generic routes do for this contract. */
export function datasetOperations(contract: Contract, catalog: Catalog, name: string): Operation[] {
  const described: Described = { contract, catalog, name, title: `${contract.title.zh} ${contract.title.en}` };
  const common = { tag: contract.publisher, caller: 'application' as const };
  if (proxyOf(contract) !== undefined) {
    return [...liveOperations(described), ...catalogOperations(described)].map((each) => ({ ...each, ...common }));
  }
  return [
    ...readOperations(described),
    ...bodyOperations(described),
    ...catalogOperations(described),
    ...deliveryOperations(described),
    ...uploadOperations(contract, name, described.title),
    ...qualityOperations(contract, name, described.title),
    ...runOperations(contract, name, described.title),
  ].map((operation) => ({ ...operation, ...common }));
}

const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const BYTES: Schema = { type: 'string', format: 'binary', maxLength: 1_073_741_824 };

type Part = Omit<Operation, 'tag' | 'caller'>;

function readOperations({ contract, catalog, name, title }: Described): Part[] {
  const rows = `${pathOf(contract)}/rows`;
  const conditional = { headers: [...CALL, 'IfNoneMatch' as const], problems: [400, 403, 404, 410] };
  const unchanged: Reply = {
    description: 'Nothing has changed for this caller since.',
    headers: ['ETag', 'Exchange-Receipt'],
  };
  return [
    {
      ...conditional,
      method: 'GET',
      path: rows,
      id: `list${name}Rows`,
      summary: `${title}: rows`,
      description: filterWords(contract),
      query: rowsParameters(contract, catalog),
      replies: { 200: data(`A page of rows.`, `${name}Page`, [...DATA_HEADERS, 'Link']), 304: unchanged },
    },
    {
      ...conditional,
      method: 'GET',
      path: `${rows}/{id}`,
      id: `get${name}Row`,
      summary: `${title}: one row`,
      description: 'An absent row and one outside the grant look the same: 404.',
      pathParameters: { id: idSchema(contract) },
      query: selectionParameters(contract, catalog),
      replies: { 200: data('The row.', `${name}One`), 304: unchanged },
    },
  ];
}

/** `_id`, or the natural key where it is one field and not personal. */
function idSchema(contract: Contract): Schema {
  const fields = contract.key.map((key) => contract.fields.get(key)!);
  const [field] = fields;
  const open = fields.length === 1 && !['L3', 'L4'].includes(field!.sensitivity);
  if (!open) return { ...rowId, description: '`_id` of the row. The key is personal or compound: use lookup for it.' };
  return text(200, { minLength: 1, description: `\`_id\` of the row, or its ${field!.name}.` });
}

function filterWords({ relations, filterable, fields }: Contract): string {
  const personal = [...filterable].filter((field) => ['L3', 'L4'].includes(fields.get(field)!.sensitivity));
  return [
    'Different parameters are ANDed. All `_any.<field>[.<op>]` parameters form one OR group, ANDed with the rest.',
    relations.size === 0
      ? ''
      : `A filter reaches over one relation: \`<relation>.<field>[.<op>]\` with ${[...relations.keys()].join(', ')}.`,
    personal.length === 0
      ? ''
      : `Personal fields take no value in a URL (400 \`use-body\`): use QUERY or \`POST …/rows/query\` for ${personal.join(', ')}.`,
    'Only fields that the grant gives unmasked can be filtered or sorted by.',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function bodyOperations({ contract, name, title }: Described): Part[] {
  const rows = `${pathOf(contract)}/rows`;
  const common = { method: 'POST' as const, headers: CALL, problems: [400, 403, 404, 410, 413, 415] };
  return [
    {
      ...common,
      path: `${rows}/query`,
      id: `query${name}Rows`,
      summary: `${title}: rows by a body`,
      description: `The same ask as a JSON body. \`QUERY ${rows}\` (RFC 10008) takes the same body; OpenAPI 3.1 can't describe that method.`,
      body: { [JSON_TYPE]: refTo(`${name}Query`) },
      replies: { 200: data('A page of rows.', `${name}Page`) },
    },
    {
      ...common,
      path: `${rows}/lookup`,
      id: `lookup${name}Rows`,
      summary: `${title}: rows by keys`,
      description: `Rows by key (${contract.key.join(', ')}), in the order asked. A malformed key is found: false.`,
      body: { [JSON_TYPE]: refTo(`${name}Lookup`) },
      replies: { 200: data('Each key with its row.', `${name}Found`) },
    },
  ];
}

function catalogOperations({ contract, name, title }: Described): Part[] {
  const path = pathOf(contract);
  const page = (description: string, type: string, schema: string): Record<number, Reply> => ({
    200: { description, content: { [type]: refTo(schema) } },
  });
  const common = { method: 'GET' as const, problems: [400, 404] };
  return [
    {
      ...common,
      path,
      id: `get${name}`,
      summary: `${title}: the dataset`,
      description: `${contract.summary.zh} ${contract.summary.en}`,
      replies: page('Release, fields, what this caller may do, links.', JSON_TYPE, 'DatasetPage'),
    },
    {
      ...common,
      path: `${path}/schema`,
      id: `get${name}Schema`,
      summary: `${title}: JSON Schema of the rows as this caller sees them`,
      replies: page('JSON Schema 2020-12.', 'application/schema+json', 'JsonSchema'),
    },
    {
      ...common,
      path: `${path}/openapi.json`,
      id: `get${name}Openapi`,
      summary: `${title}: this dataset's part of this document`,
      replies: page('OpenAPI 3.1.', JSON_TYPE, 'OpenapiDocument'),
    },
  ];
}

function deliveryOperations(described: Described): Part[] {
  const { contract, name, title } = described;
  const path = `${pathOf(contract)}/deliveries`;
  const content = (schema: string) => ({ [JSON_TYPE]: refTo(schema) });
  const upload = text(1_073_741_824, { description: `Columns: ${headings(contract)}.` });
  return [
    {
      method: 'POST',
      path,
      id: `deliver${name}`,
      summary: `${title}: hand over a batch`,
      description: `Only the publisher's own applications, under a grant of mode deliver. CSV is UTF-8, UTF-16 with a byte order mark, or GB18030; a stated \`charset\` is believed. The header may stand below titles. ${headings(contract)}`,
      query: {
        mode: choice(contract.delivery.modes, {
          description: 'snapshot replaces what the sender is responsible for; delta adds and changes.',
        }),
        again: choice(['true', 'false'], {
          description: 'Publish it though the same file was published before and would change nothing.',
        }),
      },
      requiredQuery: ['mode'],
      headers: [
        ...CALL,
        'IdempotencyKey',
        'ContentEncoding',
        'ContentDigest',
        'Prefer',
        'UploadBegins',
        'UploadLength',
      ],
      body: {
        'text/csv': upload,
        'application/x-ndjson': upload,
        [WORKBOOK]: BYTES,
        'application/vnd.apache.parquet': BYTES,
      },
      replies: {
        201: {
          description: 'It has ended, published or rejected.',
          content: content('Delivery'),
          headers: ['Location', 'Exchange-Receipt', 'Exchange-Release'],
        },
        202: {
          description: 'The body is in; publishing goes on.',
          content: content('DeliveryAccepted'),
          headers: ['Location', 'Preference-Applied'],
        },
      },
      problems: [400, 403, 404, 409, 413, 415, 422],
    },
    ...deliveredOperations(described),
  ];
}

/** What became of a delivery, and the table to fill in for the next. */
function deliveredOperations({ contract, name, title }: Described): Part[] {
  const path = `${pathOf(contract)}/deliveries`;
  const one = { method: 'GET' as const, pathParameters: { id: uuid }, headers: CALL, problems: [400, 403, 404] };
  const content = (schema: string) => ({ [JSON_TYPE]: refTo(schema) });
  return [
    {
      ...one,
      path: `${path}/{id}`,
      id: `get${name}Delivery`,
      summary: `${title}: a delivery's state and counts`,
      replies: { 200: { description: 'The delivery.', content: content('Delivery') } },
    },
    {
      ...one,
      path: `${path}/{id}/rejects`,
      id: `list${name}Rejects`,
      summary: `${title}: rows that were set aside`,
      description:
        'One JSON object a line: `{"line", "row", "errors": [{"field", "rule", "reason"}]}`; of a workbook with `sheet` and `cell`. As a workbook, by `Accept`, the first 5,000 with a comment in each faulty cell. For the deliverer only.',
      replies: {
        200: {
          description: 'NDJSON, or a workbook to correct and send again as a delta.',
          content: { 'application/x-ndjson': text(1_073_741_824), [WORKBOOK]: BYTES },
          headers: ['Exchange-Receipt'],
        },
      },
      problems: [...one.problems, 406],
    },
    {
      method: 'GET',
      path: `${pathOf(contract)}/template`,
      id: `get${name}Template`,
      summary: `${title}: this month's table to fill in`,
      description: 'For the deliverer, of their own part: headings, drop-downs for codes, and what each column takes.',
      query: { format: choice(['xlsx', 'csv']) },
      headers: CALL,
      replies: {
        200: { description: 'A table without rows.', content: { [WORKBOOK]: BYTES, 'text/csv': text(1_000_000) } },
      },
      problems: [400, 403, 404],
    },
  ];
}

/** The publisher's own headings, which the contract maps. */
function headings({ fields }: Contract): string {
  return [...fields.values()].map(({ name, from }) => `${from.join(' or ')} → ${name}`).join('; ');
}

function data(description: string, schema: string, headers: readonly string[] = DATA_HEADERS): Reply {
  return { description, content: { [JSON_TYPE]: refTo(schema) }, headers };
}
