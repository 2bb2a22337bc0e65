import { readFileSync } from 'node:fs';
import t from 'tap';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { type Pipelining, page, pipeline, type Wire } from '../in-flight/wire.js';
import { keysIn } from '../support/keys.js';
import { freePort, testNode } from '../support/node.js';
import { exchange, temporary } from './exchange-child.js';

// One ordinary application attacks a node of its own process, and another goes on reading. Ratios within one run, so a slow machine tells the same.
/** Without bounds it is 4.3 GB. */
const MOST_MB = 600;
const MOST_RATIO = 3;
/** The median of so many, each attack with the quiet seconds before it: the machine has other work, too. */
const ROUNDS = 3;
/** A wait that is shorter in quiet tells more of the machine than of the exchange. */
const NOISE_MS = 30;
const WIRES = 200;
const directory = temporary(t);
const setUp = await testNode(t, { keys: await keysIn(`${directory}/keys`) });
const PEOPLE = 990;
await deliverPeople(setUp, people(PEOPLE));
for (const application of ['attacker', 'other']) {
  await setUp.register(application);
  await setUp.grant({ application, dataset: 'police/resident', masks: { ...unmasked(setUp), minors: 'none' } });
}
const port = String(await freePort());
const baseUrl = `http://127.0.0.1:${port}`;
const child = exchange(['start', '--port', port, '--data-dir', directory], {
  env: {
    DATABASE_URL: setUp.databaseUrl,
    EXCHANGE_PUBLIC_URL: setUp.exchange.config.publicUrl,
    EXCHANGE_ALLOWED_HOSTS: `127.0.0.1:${port}`,
  },
});
t.teardown(async () => {
  child.process.kill('SIGKILL');
  await child.ended;
});
const target = { ...setUp, baseUrl };
const authorization = `Bearer ${await setUp.token('other')}`;
await until('the node is up', () => isReady(), 60_000);

function isReady(): Promise<boolean> {
  return fetch(`${baseUrl}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

const megabytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1_024;
const p99 = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;

/** What the other application waits for, in ms, for so long. Throws where a reply is no 200. */
async function reads(seconds: number, meanwhile = () => {}): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + 1_000 * seconds;
  const one = async () => {
    while (performance.now() < end) {
      const asked = performance.now();
      const reply = await fetch(`${baseUrl}/data/police/resident/v1/rows?_limit=5`, { headers: { authorization } });
      const text = await reply.text();
      if (reply.status !== 200) throw new Error(`${reply.status} ${text}`);
      times.push(performance.now() - asked);
      meanwhile();
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return times;
}

/** Attacks as long as the other application reads. An attacker whose connection is cut opens the next one. */
async function attacked(wanted: Omit<Pipelining, 'as' | 'count'>, seconds: number) {
  const wires = new Set<Wire>();
  let over = false;
  let opened = 0;
  let most = 0;
  const attack = async () => {
    const wire = await pipeline(target, { as: 'attacker', count: 60, ...wanted });
    opened += 1;
    wires.add(wire);
    wire.socket.once('close', () => {
      wires.delete(wire);
      if (!over) setTimeout(() => void attack(), 100);
    });
  };
  await Promise.all(Array.from({ length: WIRES }, attack));
  const times = await reads(seconds, () => {
    most = Math.max(most, megabytes());
  });
  over = true;
  for (const { socket } of wires) socket.destroy();
  return { times, opened, most };
}

const FIELDS =
  '_id id_number name gender born ethnic_group education phone registered_division residence_division status';
const document = JSON.stringify({ query: `{ police { resident_list(first: ${PEOPLE}) { nodes { ${FIELDS} } } } }` });
const ATTACKS: [name: string, line: string, body?: string][] = [
  ['pages of a thousand rows', page(1_000)],
  ['GraphQL documents', 'POST /graphql/v1', document],
];
for (const [name, line, body] of ATTACKS) {
  t.test(`attack 1: ${WIRES} connections ask for ${name} and read nothing`, async (t) => {
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = p99(await reads(4));
      const { times, opened, most } = await attacked({ line, ...(body === undefined ? {} : { body }) }, 8);
      ratios.push(p99(times) / Math.max(before, NOISE_MS));
      t.comment(
        `p99 ${before.toFixed(1)} → ${p99(times).toFixed(1)} ms, ${times.length} reads, ${opened} connections, ${most.toFixed(0)} MB`,
      );
      t.ok(times.length > 20, 'the other application is served');
      t.ok(most < MOST_MB, `${most.toFixed(0)} MB`);
    }
    const median = ratios.sort((a, b) => a - b)[(ROUNDS - 1) / 2]!;
    t.ok(median <= MOST_RATIO, `the other's p99 is ${median.toFixed(2)} times what it was`);
  });
}
