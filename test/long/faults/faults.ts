import { existsSync, writeFileSync } from 'node:fs';
import { surgeon } from '../../failure/set-back.js';
import { until } from '../../failure/until.js';
import { NO_POOLER, startPooler } from '../../support/pooler.js';
import { logSize } from './check-history.js';
import type { History } from './clients.js';
import type { DiskState } from './disk.js';
import type { NodeProcess, World } from './world.js';

/** One round: resolves once the fault is over. The runner then waits until answers come again. */
type Inject = (round: number, history: History) => Promise<void>;

/** A fault that is injected while clients ask. A later issue adds a row here. */
export interface Fault {
  name: string;
  /** In CI. */
  rounds: number;
  /** Makes what only this fault needs; `end` takes what undoes it. */
  prepare(world: World, end: (handler: () => unknown) => void): Inject | Promise<Inject>;
  /** Why it cannot be tried here; undefined where it can. */
  absent?(world: World): string | undefined;
  /** The variable that makes what is absent a failure. */
  expected?: string;
}

/** Rounds of kills in all. */
const KILLS = Number(process.env.KILL_ROUNDS ?? 200);
const share = (part: number) => Math.max(1, Math.round((KILLS * part) / 200));

const nodeOf = ({ nodes }: World, round: number): NodeProcess => nodes[round % nodes.length]!;
const notReady = (node: NodeProcess) => until(`${node.baseUrl} is not ready`, async () => !(await node.ready()));
const noneReady = ({ nodes }: World) => Promise.all(nodes.map(notReady));

/** It lasts longer than a node retries. */
function refused({ seen, until }: History): Promise<void> {
  const before = seen.length;
  return until(() => seen.slice(before).some(({ status }) => status === 503));
}

/** A connection that sends is cut at once; the nodes send all the time. */
async function cut({ relay }: World, when: 'before' | 'after'): Promise<void> {
  relay.cutNext = when;
  await until('a connection is cut', () => relay.cutNext === undefined);
}

/** Until every node has noticed. PostgreSQL ends when what it wrote cannot be made durable: its operator starts it again. */
async function failing(world: World, state: DiskState): Promise<void> {
  world.disk.be(state);
  try {
    await noneReady(world);
  } finally {
    world.disk.be('sound');
    await world.postgres.start();
  }
}

const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const FAKETIME = `/usr/lib/${MACHINE}-linux-gnu/faketime/libfaketime.so.1`;
const clockFile = ({ dataDir }: NodeProcess) => `${dataDir}.clock`;

const KILLED: readonly Fault[] = [
  {
    name: 'a node is killed',
    rounds: share(50),
    prepare: (world) => async (round) => {
      const node = nodeOf(world, round);
      await node.kill();
      await node.start();
    },
  },
  {
    name: 'all nodes are killed at once',
    rounds: share(10),
    prepare:
      ({ nodes }) =>
      async () => {
        await Promise.all(nodes.map((node) => node.kill()));
        await Promise.all(nodes.map((node) => node.start()));
      },
  },
  {
    name: 'PostgreSQL is killed',
    rounds: share(140),
    prepare:
      ({ postgres }) =>
      async () => {
        await postgres.kill();
        await postgres.start();
      },
  },
];

const SILENT: readonly Fault[] = [
  {
    name: 'PostgreSQL is frozen',
    rounds: 2,
    prepare: (world) => async () => {
      world.postgres.signal('SIGSTOP');
      try {
        await noneReady(world);
      } finally {
        world.postgres.signal('SIGCONT');
      }
    },
  },
  {
    name: 'a connection is cut before what it sends arrives',
    rounds: 25,
    prepare: (world) => () => cut(world, 'before'),
  },
  { name: 'a connection is cut after what it sent arrived', rounds: 25, prepare: (world) => () => cut(world, 'after') },
  {
    name: 'a pooler is killed',
    rounds: 3,
    expected: 'PGBOUNCER_EXPECTED',
    absent: () => NO_POOLER,
    async prepare(world, end) {
      const { postgres, relay } = world;
      const pooler = await startPooler({ teardown: end }, postgres, 'pool_mode = session');
      const lead = (port: number): void => {
        relay.target = { host: '127.0.0.1', port };
        relay.cutAll();
      };
      lead(pooler.port);
      end(() => lead(postgres.port));
      return async () => {
        await pooler.kill();
        await noneReady(world);
        await pooler.start();
      };
    },
  },
];

const DISK: readonly Fault[] = [
  {
    name: 'the disk of PostgreSQL is full',
    rounds: 2,
    absent: ({ disk }) => disk.cannotFill,
    prepare: (world) => async (_round, history) => {
      world.disk.fill();
      try {
        await noneReady(world);
        await refused(history);
      } finally {
        world.disk.empty();
        await world.postgres.start();
      }
    },
  },
  {
    name: 'the disk of PostgreSQL is slow',
    rounds: 2,
    expected: 'CC_EXPECTED',
    absent: ({ disk }) => disk.cannotFail,
    prepare:
      ({ disk }) =>
      async (_round, history) => {
        disk.be('slow');
        await history.more(30);
        disk.be('sound');
      },
  },
  ...(['hanging', 'unable to sync', 'unable to write'] as const).map(
    (state): Fault => ({
      name: `the disk of PostgreSQL is ${state}`,
      rounds: 2,
      expected: 'CC_EXPECTED',
      absent: ({ disk }) => disk.cannotFail,
      prepare: (world) => () => failing(world, state),
    }),
  ),
];

const OTHER: readonly Fault[] = [
  {
    name: 'the log is set back, and brought back',
    rounds: 2,
    prepare: (world) => async () => {
      const by = await surgeon(world.postgres.url('exchange'));
      const taken = await by.cut((await logSize(world)) - 5);
      await noneReady(world);
      await taken.restore();
      await by.end();
    },
  },
  {
    name: 'the clock of a node jumps by ten years',
    rounds: 2,
    expected: 'FAKETIME_EXPECTED',
    absent: () => (existsSync(FAKETIME) ? undefined : 'libfaketime (Debian: faketime) is not installed'),
    /** The wall clock of the node is what the file says; its steady clock stays. */
    async prepare({ nodes }, end) {
      const node = nodes[0]!;
      writeFileSync(clockFile(node), '+0\n');
      await node.kill();
      await node.start({
        LD_PRELOAD: FAKETIME,
        FAKETIME_TIMESTAMP_FILE: clockFile(node),
        FAKETIME_CACHE_DURATION: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      });
      end(async () => {
        await node.kill();
        await node.start();
      });
      return async () => {
        writeFileSync(clockFile(node), '+3650d\n');
        await notReady(node);
        writeFileSync(clockFile(node), '+0\n');
      };
    },
  },
];

export const FAULTS: readonly Fault[] = [...KILLED, ...SILENT, ...DISK, ...OTHER];
