import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../failure/until.js';
import { postgresOf } from '../exchange-child.js';
import type { NodeProcess, World } from './world.js';

/**
 * A fault that is injected while clients ask. A later issue adds a row here. `inject` returns once the fault is over;
 * the runner then waits until every node is ready and answers again.
 */
export interface Fault {
  name: string;
  /** In CI. */
  rounds: number;
  inject(world: World, round: number): Promise<void>;
  /** Why it cannot be tried here; undefined where it can. */
  absent?(): string | undefined;
  /** The variable that makes an absent service a failure. */
  expected?: string;
}

/** Rounds of kills in all: 30 in CI, where a round takes seconds, and as many as `KILL_ROUNDS` says elsewhere. */
const KILLS = Number(process.env.KILL_ROUNDS ?? 30);
const share = (part: number) => Math.max(1, Math.round((KILLS * part) / 200));

const nodeOf = ({ nodes }: World, round: number): NodeProcess => nodes[round % nodes.length]!;

function signalPostgres(world: World, signal: NodeJS.Signals): void {
  for (const pid of postgresOf(join(world.directory, 'pg'))) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** A connection that sends is cut at once; the nodes send all the time. */
async function cut(world: World, when: 'before' | 'after'): Promise<void> {
  world.relay.cutNext = when;
  await until('a connection is cut', () => world.relay.cutNext === undefined);
}

const notReady = (node: NodeProcess) => until(`${node.baseUrl} is not ready`, async () => !(await node.ready()));

const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
export const FAKETIME = `/usr/lib/${MACHINE}-linux-gnu/faketime/libfaketime.so.1`;
const clockFile = ({ dataDir }: NodeProcess) => `${dataDir}.clock`;

/** The environment in which a node's wall clock is what the file says; its steady clock stays. */
export function clockEnvironment(dataDir: string): Record<string, string> {
  writeFileSync(`${dataDir}.clock`, '+0\n');
  return {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: `${dataDir}.clock`,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'a node is killed',
    rounds: share(150),
    async inject(world, round) {
      const node = nodeOf(world, round);
      await node.kill();
      await node.start();
    },
  },
  {
    name: 'all nodes are killed at once',
    rounds: share(20),
    async inject({ nodes }) {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(nodes.map((node) => node.start()));
    },
  },
  {
    name: 'PostgreSQL is killed',
    rounds: share(30),
    async inject(world) {
      process.kill(world.postgres().pid, 'SIGKILL');
      await world.restartPostgres();
    },
  },
  {
    name: 'PostgreSQL is frozen',
    rounds: 2,
    async inject(world) {
      signalPostgres(world, 'SIGSTOP');
      try {
        await Promise.all(world.nodes.map(notReady));
      } finally {
        signalPostgres(world, 'SIGCONT');
      }
    },
  },
  { name: 'a connection is cut before what it sends arrives', rounds: 40, inject: (world) => cut(world, 'before') },
  { name: 'a connection is cut after what it sent arrived', rounds: 40, inject: (world) => cut(world, 'after') },
  {
    name: 'the clock of a node jumps by ten years',
    rounds: 2,
    expected: 'FAKETIME_EXPECTED',
    absent: () => (existsSync(FAKETIME) ? undefined : 'libfaketime (Debian: faketime) is not installed'),
    async inject(world) {
      const [node] = world.nodes;
      writeFileSync(clockFile(node!), '+3650d\n');
      await notReady(node!);
      writeFileSync(clockFile(node!), '+0\n');
    },
  },
];
