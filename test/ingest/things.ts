import type { Test } from 'tap';
import type { RowScope } from '../../src/access/grants/grant.js';
import type { Contract } from '../../src/catalog/contract.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import type { Config } from '../../src/platform/config.js';
import type { Keys } from '../../src/platform/keys/keys.js';
import { BARE, declared, EVERY_TYPE } from '../support/every-type.js';
import { type Reply, type TestNode, testNode } from '../support/node.js';

/** A contract with a field of every type. */
const THING = {
  ...BARE,
  partition: 'part',
  fields: {
    ...EVERY_TYPE,
    code: declared('text', { length: '20', required: 'true', from: ['编号', 'NO'] }),
    part: declared('text', { length: '10', required: 'true' }),
    name: declared('text', { length: '6', required: 'true', from: '名称' }),
    gender: { ...EVERY_TYPE.gender, from: 'XB', codes: { 男: '1', 女: '2' } },
    owner: declared('identifier', { scheme: 'resident-id', sensitivity: 'L3' }),
  },
  filterable: ['code', 'part', 'count'],
  scopes: ['part'],
};

/** A dataset `housing/<name>` of its own, and what its publisher's applications do to it. */
export interface Thing {
  contract: Contract;
  /** Of its deliveries. */
  path: string;
  /** A publisher's application with a grant of mode deliver on the part; one called `main` has the whole from the start. */
  deliverer(clientId: string, rows?: RowScope): Promise<void>;
  send(body: string | Buffer, sending?: Sending): Promise<Reply>;
  get(path: string, as?: string): Promise<Reply>;
  stored(table?: 'live' | 'history'): Promise<Record<string, unknown>[]>;
  /** Live rows by key. */
  live(): Promise<Map<string, Record<string, unknown>>>;
}

interface Sending {
  as?: string;
  mode?: string;
  type?: string;
  key?: string;
  path?: string;
  headers?: Record<string, string>;
  /** Tests send the same rows again and mean it, unless they say otherwise. */
  again?: boolean;
}

export interface Things {
  node: TestNode;
  thing(name: string, delivery?: object): Promise<Thing>;
}

/** One running node for a whole test file; each test has a dataset of its own on it. */
export async function openThings(t: Test, config: Partial<Config> = {}, keys?: Keys): Promise<Things> {
  const node = await testNode(t, { catalog: false, config, ...(keys === undefined ? {} : { keys }) });
  const uscc = '11370399000000019N';
  const registered = new Set<string>();
  await publishCatalog(node.exchange, {
    contracts: [],
    publishers: [{ slug: 'housing', title: BARE.title, uscc, kind: 'department' }],
    purposes: [{ code: 'grid-service', title: BARE.title, law: '某法' }],
  });
  const register = async (clientId: string) => {
    if (registered.has(clientId)) return;
    registered.add(clientId);
    await node.register(clientId, { department: 'housing', roles: ['publisher'] });
  };
  return {
    node,
    async thing(name, delivery = {}) {
      const document = { ...THING, dataset: `housing/${name}`, delivery: { ...THING.delivery, ...delivery } };
      await publishCatalog(node.exchange, { contracts: [document], publishers: [], purposes: [] });
      const thing = acting(node, `housing/${name}/v1`, register);
      await thing.deliverer('main');
      return thing;
    },
  };
}

let keys = 0;

function acting(node: TestNode, id: string, register: (clientId: string) => Promise<void>): Thing {
  const contract = node.exchange.policy.current().catalog.contracts.get(id)!;
  const path = `/data/${id}/deliveries`;
  const stored: Thing['stored'] = async (table = 'live') => {
    const suffix = table === 'history' ? '_history' : '';
    const { rows } = await node.exchange.database.owner.query(`SELECT * FROM data.${contract.table}${suffix}`);
    return rows;
  };
  return {
    contract,
    path,
    stored,
    async deliverer(clientId, rows = { all: true }) {
      await register(clientId);
      const grant = { application: clientId, dataset: contract.name, mode: 'deliver' as const, rows };
      await node.grant({ ...grant, masks: { owner: 'none' } });
    },
    send(body, sending = {}) {
      const {
        as = 'main',
        mode = 'snapshot',
        type = 'application/x-ndjson',
        key = `k-${++keys}`,
        again = true,
      } = sending;
      const headers = { 'content-type': type, 'idempotency-key': key, ...sending.headers };
      return node.ask('POST', sending.path ?? `${path}?mode=${mode}${again ? '&again=true' : ''}`, {
        as,
        headers,
        body,
      });
    },
    get: (url, as = 'main') => node.ask('GET', url, { as }),
    live: async () => new Map((await stored()).map((row) => [String(row.code), row])),
  };
}
