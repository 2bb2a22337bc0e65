import type { Contract } from '../../../catalog/contract.js';
import { LIVE_KEYS_AT_MOST } from '../../../query/live-keys.js';
import { pathOf } from '../names.js';
import type { HeaderParameter, Operation, Reply } from '../operation.js';
import { refTo, text } from '../schema.js';

const CALL: readonly HeaderParameter[] = ['ExchangePurpose', 'ExchangeGrant', 'ExchangeCase', 'ExchangeOperator'];
const HEADERS = ['Exchange-Receipt', 'Schema-Version'];

type Part = Omit<Operation, 'tag' | 'caller'>;

/** What a dataset that is asked live can do: be looked up by key. */
export function liveOperations({ contract, name, title }: { contract: Contract; name: string; title: string }): Part[] {
  const rows = `${pathOf(contract)}/rows`;
  const common = { headers: CALL, problems: [400, 403, 404, 413, 415, 422, 502] };
  const lookup: Part = {
    ...common,
    method: 'POST',
    path: `${rows}/lookup`,
    id: `lookup${name}Rows`,
    summary: `${title}: rows by keys, asked live`,
    description: `Each of at most ${LIVE_KEYS_AT_MOST} keys (${contract.key.join(', ')}) is asked of the department while the caller waits, after an entry of it. There are no pages, filters, counts, relations, releases, tags or deliveries: 422 \`asked-live\`. 502 where the department's system does not answer as it should, 503 with Retry-After while it is spared. A malformed key is found: false.`,
    body: { 'application/json': refTo(`${name}Lookup`) },
    replies: { 200: reply('Each key with its row.', `${name}Found`) },
  };
  const [key, ...others] = contract.key.map((field) => contract.fields.get(field)!);
  if (others.length > 0 || key!.sensitivity === 'L3' || key!.sensitivity === 'L4') return [lookup];
  const one: Part = {
    ...common,
    method: 'GET',
    path: `${rows}/{id}`,
    id: `get${name}Row`,
    summary: `${title}: one row, asked live`,
    description: 'An absent row and one outside the grant look the same: 404.',
    pathParameters: {
      id: text(200, {
        minLength: 1,
        description: `The row's ${key!.name}; an \`_id\` is not known to the department.`,
      }),
    },
    replies: { 200: reply('The row.', `${name}One`) },
  };
  return [one, lookup];
}

function reply(description: string, schema: string): Reply {
  return { description, content: { 'application/json': refTo(schema) }, headers: HEADERS };
}
