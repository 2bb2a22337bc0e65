import { canApply } from '../../src/access/grants/masks.js';
import type { Contract } from '../../src/catalog/contract.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { loadStandard } from '../../src/standard/standard.js';
import { MASKS, type Mask } from '../../src/standard/type.js';
import { BARE, declared, EVERY_TYPE } from '../support/every-type.js';
import { type Reply, type TestNode, testNode } from '../support/node.js';

export type Row = Record<string, unknown>;

const DATASET = 'housing/everything';
export const EVERYTHING_PATH = `/data/${DATASET}/v1`;
/** Elements of a person that need others: a number and its kind of document, an address and its division. */
const OF_PERSON = [
  'id_kind',
  'id_number',
  'name',
  'gender',
  'born',
  'phone',
  'registered_division',
  'registered_address',
];
const DROPPED = loadStandard()
  .entities.get('person')!
  .elements.filter(({ name }) => !OF_PERSON.includes(name))
  .map(({ name }) => [name, 'false']);

/** A field of every type, filterable and sortable as far as the type is. */
const EVERYTHING = {
  ...BARE,
  dataset: DATASET,
  entity: 'person',
  fields: {
    ...Object.fromEntries(DROPPED),
    ...EVERY_TYPE,
    gender: {},
    code: declared('text', { length: '20', required: 'true' }),
    exact: declared('decimal', { precision: '38', scale: '30' }),
    owner: declared('identifier', { scheme: 'uscc' }),
    shape: declared('geometry'),
    money: declared('decimal', { precision: '20', scale: '2' }),
    numbers: declared('list', { of: { type: 'integer' } }),
    long: declared('text', { length: '4000' }),
  },
  filterable: [
    ...OF_PERSON,
    'code',
    'count',
    'big',
    'price',
    'exact',
    'money',
    'ok',
    'day',
    'mon',
    'at',
    'owner',
    'long',
  ],
  sortable: ['code', 'big', 'exact', 'at', 'long'],
  delivery: { ...BARE.delivery, 'reject-at-most': '100%', 'delete-at-most': '100%' },
};

interface DoorReply {
  rows: Row[];
  /** Code of the refusal. */
  code: string | undefined;
}

export interface Everything {
  node: TestNode;
  contract: Contract;
  /** Applications that read the dataset, with the mask of each field. `plain` has every field unmasked. */
  readers: ReadonlyMap<string, Record<string, Mask>>;
  /** A snapshot of these lines. */
  deliver(lines: readonly string[]): Promise<Reply>;
  /** Of the rows by code; `where` is JSON text, so that tests write numbers as they like. */
  rest(where: string, as?: string): Promise<DoorReply>;
  graphql(where: string, as?: string): Promise<DoorReply>;
}

let deliveries = 0;

/** A node with one dataset that has a field of every type, and readers under every mask that fits each field. */
export async function openEverything(t: { teardown(handler: () => unknown): unknown }): Promise<Everything> {
  const node = await testNode(t, { catalog: false });
  await publishCatalog(node.exchange, {
    contracts: [EVERYTHING],
    publishers: [{ slug: 'housing', title: BARE.title, uscc: '11370399000000019N', kind: 'department' }],
    purposes: [{ code: 'grid-service', title: BARE.title, law: '某法' }],
  });
  const contract = node.exchange.policy.current().catalog.contracts.get(`${DATASET}/v1`)!;
  await node.register('main', { department: 'housing', roles: ['publisher'] });
  await node.grant({ application: 'main', dataset: DATASET, mode: 'deliver', masks: {} });
  return { node, contract, readers: await readersOf(node, contract), ...asking(node, [...contract.fields.keys()]) };
}

/** Under each masked reader every field but the key has one of its masks; together they use each mask of each field. */
async function readersOf(node: TestNode, contract: Contract): Promise<Map<string, Record<string, Mask>>> {
  const readers = new Map<string, Record<string, Mask>>();
  for (const [turn, ending] of MASKS.entries()) {
    const application = ending === 'none' ? 'plain' : `masked-${turn}`;
    const maskOf = (name: string): Mask => {
      const fitting = MASKS.filter((mask) => mask !== 'none' && canApply(mask, contract.fields.get(name)!));
      return ending === 'none' || name === 'code' ? 'none' : (fitting[turn % fitting.length] ?? 'hide');
    };
    const masks = Object.fromEntries([...contract.fields.keys()].map((name) => [name, maskOf(name)]));
    readers.set(application, masks);
    await node.register(application);
    await node.grant({ application, dataset: DATASET, masks: { ...masks, minors: 'none' } });
  }
  return readers;
}

function asking(node: TestNode, names: readonly string[]): Pick<Everything, 'deliver' | 'rest' | 'graphql'> {
  const json = { 'content-type': 'application/json' };
  const list = `everything_list(where: $where, sort: ["code"], first: 1000) { nodes { _id ${names.join(' ')} } }`;
  const query = JSON.stringify(`query ($where: HousingEverythingWhere) { housing { ${list} } }`);
  return {
    deliver(lines) {
      const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': `everything-${++deliveries}` };
      const path = `${EVERYTHING_PATH}/deliveries?mode=snapshot&again=true`;
      return node.ask('POST', path, { as: 'main', headers, body: lines.map((line) => `${line}\n`).join('') });
    },
    async rest(where, as = 'plain') {
      const sent = `{"where":${where},"sort":["code"],"limit":1000}`;
      const { body } = await node.ask('POST', `${EVERYTHING_PATH}/rows/query`, { as, headers: json, body: sent });
      return { rows: body.data ?? [], code: body.code };
    },
    async graphql(where, as = 'plain') {
      const sent = `{"query":${query},"variables":{"where":${where}}}`;
      const { body } = await node.ask('POST', '/graphql/v1', { as, headers: json, body: sent });
      const rows = body.data?.housing?.everything_list?.nodes ?? [];
      return { rows, code: body.errors?.[0].extensions.problem };
    },
  };
}
