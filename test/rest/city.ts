import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { approveUpstream } from '../../src/access/upstreams/change-upstream.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import type { Upstream, UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import { openSealed } from '../../src/audit/seal.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { type TestNode, testNode } from '../support/node.js';

interface Teardown {
  teardown(handler: () => unknown): unknown;
}

const title = { zh: '市级人口核查', en: 'City check' };
export const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };
const PURPOSE = { code: 'grid-service', title, law: '某法' };
const PUBLISHER = { slug: 'police', title, uscc: '11370399000000019N', kind: 'department' };

/** People as the city writes them; 370399 was never assigned. */
export const ADULT = {
  GMSFHM: '370399197805061016',
  XM: '张三\n丰 "\\',
  XB: '男',
  CSRQ: '19780506',
  HJD: '370303104003',
  XZD: '370303104003',
  RYZT: '有效',
};
export const ELSEWHERE = { ...ADULT, GMSFHM: '370399198001011018', XM: '李四', CSRQ: '19800101', XZD: '370303009211' };
export const CHILD = { ...ADULT, GMSFHM: '370399202003030019', XM: '王小五', CSRQ: '20200303' };

/** The same dataset twice: proxied, and landed. */
function contract(dataset: string, more: object): object {
  return {
    dataset,
    version: '1.0',
    title,
    summary: title,
    resource: { code: '303001001/000001', format: 'other', update: 'realtime' },
    classification: { category: '人口', grade: 'general-3' },
    sharing: { attribute: 'conditional', modes: ['api'], scope: '本区', use: '网格化服务', basis: '某法' },
    assessments: { secrecy: '不涉密', 'personal-information': '已评估', 'approved-by': '负责人' },
    key: 'id_number',
    subjects: ['id_number'],
    fields: {
      id_number: { ...PERSONAL, type: 'identifier', scheme: 'resident-id', mask: 'id-number', from: 'GMSFHM' },
      name: { ...PERSONAL, type: 'text', length: '50', required: 'true', mask: 'initial', from: 'XM' },
      gender: { ...OPEN, type: 'code', list: 'GB-T-2261.1_gender', from: 'XB', codes: { 男: '1', 女: '2' } },
      born: { ...PERSONAL, type: 'date', mask: 'year', from: 'CSRQ' },
      residence_division: { ...OPEN, type: 'text', length: '12', from: 'XZD' },
      spouses: { ...OPEN, type: 'integer' },
      paid: { ...OPEN, type: 'decimal', precision: '8', scale: '2' },
      seen_at: { ...OPEN, type: 'datetime' },
      tags: { ...OPEN, type: 'list', of: { type: 'text', length: '5' } },
      spot: { ...OPEN, type: 'point' },
      ok: { ...OPEN, type: 'boolean' },
      big: { ...OPEN, type: 'integer', bits: '64' },
    },
    scopes: ['residence_division'],
    ...more,
  };
}
const PERSONAL = { title, sensitivity: 'L3' };
const OPEN = { title, sensitivity: 'L2' };
const FILE = { mode: ['snapshot'], 'delete-at-most': '100%', source: { kind: 'file' } };

/** What the city answers; a test may replace the answer. */
export type CityAnswer = (asked: Record<string, unknown>, reply: ServerResponse, request: IncomingMessage) => unknown;

export interface City {
  node: TestNode;
  draft: UpstreamDraft;
  upstream: Upstream;
  enterSecret(): void;
  /** How it answers from now on; undefined: as usual. */
  answers(answer: CityAnswer | undefined): void;
  /** Every call so far. */
  calls: { url: string; method: string; headers: IncomingMessage['headers']; body: unknown }[];
  people: Map<string, object>;
}

export const json = (reply: ServerResponse, body: unknown, status = 200) =>
  reply.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));

/** A node with `police/check` proxied to a city's interface, `police/landed` with the same fields, and `police/road` with an open key. */
export async function openCity(t: Teardown): Promise<City> {
  const people = new Map<string, object>([ADULT, ELSEWHERE, CHILD].map((person) => [person.GMSFHM, person]));
  const usual: CityAnswer = (asked, reply) => {
    const found = people.get(String(asked.gmsfhm));
    json(reply, { code: 0, data: found === undefined ? [] : [found] });
  };
  let answer = usual;
  const calls: City['calls'] = [];
  const server = createServer(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    calls.push({ url: request.url!, method: request.method!, headers: request.headers, body });
    await answer(body, reply, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const node = await testNode(t, { catalog: false, config: { outboundLoopback: 'allow' } });
  const proxy = (path: string, more: object = {}) => ({
    delivery: {
      source: { kind: 'proxy', upstream: 'city', path, rows: '/data', ask: { id_number: 'gmsfhm' }, ...more },
    },
  });
  const limits = { 'timeout-ms': '1500', 'at-once': '4', 'bytes-at-most': '4096' };
  await publishCatalog(node.exchange, {
    publishers: [PUBLISHER],
    purposes: [PURPOSE],
    contracts: [
      contract('police/check', proxy('/check', limits)),
      contract('police/landed', { delivery: FILE }),
      contract('police/road', {
        // Another limit of calls at once is another lane with its own breaker.
        ...proxy('/road', { ...limits, 'at-once': '5', ask: { code: 'road' }, rows: '' }),
        key: 'code',
        subjects: [],
        scopes: [],
        fields: { code: { ...OPEN, type: 'text', length: '20' }, label: { ...OPEN, type: 'text', length: '20' } },
      }),
    ],
  });
  const draft: UpstreamDraft = {
    kind: 'http',
    host: '127.0.0.1',
    port,
    tls: 'none',
    pathPrefix: '/city',
    private: false,
    secret: true,
  };
  const { upstream } = await approveUpstream(node.exchange, { publisher: 'police', name: 'city', draft }, BY);
  const enterSecret = () =>
    storeSecret(node.exchange.keys.directory, upstream, { kind: 'bearer', token: 'canary-of-the-city' });
  enterSecret();
  return {
    node,
    draft,
    upstream,
    enterSecret,
    answers: (given) => {
      answer = given ?? usual;
    },
    calls,
    people,
  };
}

/** An entry of the log, with its sealed part opened. */
export interface Written {
  index: number;
  entry: Record<string, any>;
  sealed: Record<string, any>;
}

/** Entries of one request, in their order. */
export async function entriesOf({ exchange, keys }: TestNode, request: string): Promise<Written[]> {
  const { rows } = await exchange.database.app.query<{ index: string; entry: string; sealed: Buffer }>(
    `SELECT index, convert_from(bytes, 'UTF8') AS entry, sealed FROM audit.entry
     WHERE convert_from(bytes, 'UTF8')::jsonb ->> 'request' = $1 ORDER BY index`,
    [request],
  );
  return rows.map(({ index, entry, sealed }) => {
    const read = JSON.parse(entry);
    const opened = openSealed(keys, sealed, Buffer.from(read.salt, 'base64'));
    return { index: Number(index), entry: read, sealed: opened as unknown as Written['sealed'] };
  });
}
