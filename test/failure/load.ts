import type pg from 'pg';
import type { TestNode } from '../support/node.js';

/** One reply of the load, with what the test needs to judge it later. */
export interface Seen {
  /** The request, for a message. */
  what: string;
  status: number;
  /** Index of its audit entry; undefined where the reply has no receipt. */
  index: number | undefined;
  /** Whether it has any row. */
  data: boolean;
  text: string;
  /** Whether it was sent after `mark()`. */
  after: boolean;
}

export interface Load {
  seen: Seen[];
  /** Headers of every request. */
  headers: Record<string, string>;
  /** Requests from now on count as sent after the change. */
  mark(): void;
  /** Resolves when this many more replies have arrived. */
  more(replies: number): Promise<void>;
  /** Sends nothing more, and waits for requests in flight. Rejects where a request got no reply. */
  stop(): Promise<void>;
}

export interface Question {
  what: string;
  method: string;
  path: string;
  body?: unknown;
}

/** What one application may ask of the residents at both doors: pages, ids, lookups, bodies, GraphQL. */
async function questionsOf(node: TestNode, as: string): Promise<Question[]> {
  const rows = '/data/police/resident/v1/rows';
  const page = await node.ask('GET', `${rows}?_limit=3`, { as });
  const [first] = page.body.data as { _id: string; id_number: string }[];
  const query = '{ police { resident_list(first: 5) { nodes { _id name gender } } } }';
  return [
    { what: 'page', method: 'GET', path: `${rows}?_limit=5` },
    { what: 'row by id', method: 'GET', path: `${rows}/${first!._id}` },
    { what: 'lookup', method: 'POST', path: `${rows}/lookup`, body: { keys: [first!.id_number, 'nobody'] } },
    { what: 'query', method: 'POST', path: `${rows}/query`, body: { limit: 4, sort: ['-born'] } },
    { what: 'QUERY', method: 'QUERY', path: rows, body: { limit: 2 } },
    { what: 'GraphQL', method: 'POST', path: '/graphql/v1', body: { query } },
  ];
}

/** Keeps `workers` requests in flight on each node, each worker repeating the questions, until stopped. The token of the first node serves on all. */
export async function startLoad(
  nodes: readonly [TestNode, ...TestNode[]],
  asking: { as: string; workers: number },
): Promise<Load> {
  const questions = await questionsOf(nodes[0], asking.as);
  const headers = { authorization: `Bearer ${await nodes[0].token(asking.as)}` };
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  let after = false;
  let stopped = false;
  const work = async (node: TestNode, offset: number): Promise<void> => {
    for (let i = offset; !stopped; i++) {
      const { what, method, path, body } = questions[i % questions.length]!;
      const sentAfter = after;
      const reply = await node.ask(method, path, { headers, body });
      const index = /index=(\d+)/.exec(reply.headers.get('exchange-receipt') ?? '')?.[1];
      const { status, text } = reply;
      const data = text.includes('"_id":');
      seen.push({ what, status, text, data, after: sentAfter, index: index === undefined ? undefined : Number(index) });
      for (const check of waiting) check();
    }
  };
  const workers = nodes.flatMap((node) => Array.from({ length: asking.workers }, (_, i) => work(node, i)));
  const broken = Promise.all(workers).then(() => undefined);
  broken.catch(() => {}); // more() or stop() reports it
  return {
    seen,
    headers,
    mark: () => {
      after = true;
    },
    more: (replies) => {
      const goal = seen.length + replies;
      const reached = new Promise<void>((resolve) => {
        const check = () => {
          if (seen.length < goal) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
      return Promise.race([reached, broken]);
    },
    stop: async () => {
      stopped = true;
      await broken;
    },
  };
}

export interface Entry {
  index: number;
  request: string;
  event: string;
  outcome: string;
  actor: { application: string } | null;
  accesses: { grant: string | null; decision: string; masks: string[]; fields: string[]; rows: number | null }[];
}

/** Every entry of the log from an index on, as hashed. */
export async function entriesFrom(pool: pg.Pool, index: number): Promise<Entry[]> {
  const { rows } = await pool.query<{ index: string; bytes: Buffer }>(
    'SELECT e.index::text AS index, e.bytes FROM audit.entry e WHERE e.index >= $1 ORDER BY e.index',
    [index],
  );
  return rows.map((row) => ({ ...JSON.parse(row.bytes.toString('utf8')), index: Number(row.index) }));
}
