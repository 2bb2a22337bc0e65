import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseReceipt } from '../../../src/audit/verify/receipt.js';
import type { Question } from '../../failure/load.js';
import type { World } from './world.js';

/** One request of a client, and what it knows of its end. */
export interface Seen {
  what: string;
  /** Undefined: no reply, or a broken one. What the exchange did is then open. */
  status: number | undefined;
  /** Of the receipt: index, leaf hash, and the digest that the entry of this body must have; both base64. */
  index?: number;
  leaf?: string;
  digest?: string;
  problem?: string;
  /** Steady clock, ms. */
  begun: number;
  ended: number;
  /** Rows have names of people in them. */
  data: boolean;
}

export interface History {
  seen: Seen[];
  /** Resolves when so many more answers of status 200 have come. */
  more(answers: number): Promise<void>;
  /** Resolves when this holds after a request. */
  until(condition: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

const ROWS = '/data/police/resident/v1/rows';
const QUESTIONS: readonly Question[] = [
  { what: 'page', method: 'GET', path: `${ROWS}?_limit=3` },
  { what: 'query', method: 'POST', path: `${ROWS}/query`, body: { limit: 4 } },
  {
    what: 'GraphQL',
    method: 'POST',
    path: '/graphql/v1',
    body: { query: '{ police { resident_list(first: 3) { nodes { name gender } } } }' },
  },
];

/** Between two requests of a client: what fails has to get its machine back. */
const PAUSE_MS = 40;

/**
 * Clients of one application that ask again and again, each at its own address, and write down what they saw. They
 * retry nothing, so that every request has one place in the history.
 */
export async function startClients(
  world: World,
  { as, clients, urls }: { as: string; clients: number; urls?: readonly string[] },
): Promise<History> {
  const addresses = urls ?? world.nodes.map(({ baseUrl }) => baseUrl);
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  let token = await world.token(as);
  let stopped = false;
  let answers = 0;
  const work = async (client: number): Promise<void> => {
    const url = addresses[client % addresses.length]!;
    for (let at = client; !stopped; at++) {
      const one = await askOnce(url, QUESTIONS[at % QUESTIONS.length]!, token);
      seen.push(one);
      if (one.status === 200) answers++;
      for (const check of waiting) check();
      // A token lives five minutes; a reply of 401 is the sign, as for any client.
      if (one.status === 401) token = await world.token(as);
      if (one.status === undefined) await world.nodes[client % world.nodes.length]?.up();
      else await pause(PAUSE_MS);
    }
  };
  const working = Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  working.catch(() => {}); // stop() reports it
  const until = (condition: () => boolean) => {
    const reached = new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
    });
    return Promise.race([reached, working.then(() => undefined)]);
  };
  return {
    seen,
    until,
    more(count) {
      const goal = answers + count;
      return until(() => answers >= goal);
    },
    async stop() {
      stopped = true;
      await working;
    },
  };
}

async function askOnce(url: string, { what, method, path, body }: Question, token: string): Promise<Seen> {
  const begun = performance.now();
  const end = (rest: Partial<Seen>): Seen => ({
    what,
    status: undefined,
    data: false,
    ...rest,
    begun,
    ended: performance.now(),
  });
  try {
    const reply = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const bytes = Buffer.from(await reply.arrayBuffer());
    const receipt = reply.headers.get('exchange-receipt');
    const text = bytes.toString('utf8');
    const known = { status: reply.status, data: text.includes('"name":'), problem: reply.ok ? '' : text.slice(0, 300) };
    if (receipt === null) return end(known);
    const { index, leaf, blind } = parseReceipt(receipt);
    const digest = createHash('sha256').update(blind).update(bytes).digest('base64');
    return end({ ...known, index, leaf: leaf.toString('base64'), digest });
  } catch {
    return end({});
  }
}
