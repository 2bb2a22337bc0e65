import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';

export interface Server {
  port: number;
  /** CPU µs of the process so far. */
  cpu(): Promise<number>;
  /** The most memory that it ever held, bytes. */
  peak(): Promise<number>;
  stop(): Promise<void>;
}

export async function startServer(options: {
  kind: 'exchange' | 'floor';
  url: string;
  port: number;
  keys: string;
  columns: readonly string[];
  table: string;
}): Promise<Server> {
  const child = fork(fileURLToPath(new URL('./server.js', import.meta.url)), [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (first !== 'ready') throw new Error(`the ${options.kind} server did not start`);
  return {
    port: options.port,
    cpu: async () => (await usage(child)).cpu,
    peak: async () => (await usage(child)).peak,
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

async function usage(child: ChildProcess): Promise<{ cpu: number; peak: number }> {
  child.send('usage');
  const [told] = (await once(child, 'message')) as [{ cpu: number; peak: number }];
  return told;
}

export interface Load {
  title: string;
  server: Server;
  /** PostgreSQL's postmaster, for its backends' CPU. */
  postmaster: number;
  connections: number;
  requests: autocannon.Request[];
}

export interface Figures {
  /** Requests per second. */
  rate: number;
  /** µs per request. */
  nodeCpu: number;
  postgresCpu: number;
  p50: number;
}

/** One round. Throws when any reply was not 2xx: a fast refusal is no figure. */
async function round(load: Load, seconds: number): Promise<Figures> {
  const before = { node: await load.server.cpu(), postgres: backendCpu(load.postmaster) };
  const result = await autocannon({
    url: `http://127.0.0.1:${load.server.port}`,
    connections: load.connections,
    duration: seconds,
    requests: load.requests,
  });
  const after = { node: await load.server.cpu(), postgres: backendCpu(load.postmaster) };
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${load.title}: ${result.non2xx} refused, ${result.errors} failed`);
  const requests = result['2xx'];
  return {
    rate: requests / result.duration,
    nodeCpu: (after.node - before.node) / requests,
    postgresCpu: (after.postgres - before.postgres) / requests,
    p50: result.latency.p50,
  };
}

/** µs of all children of the postmaster, from /proc (ticks of 10 ms); 0 where there is no /proc. */
function backendCpu(postmaster: number): number {
  let ticks = 0;
  for (const pid of numbers('/proc')) {
    const fields = statOf(pid);
    if (fields !== undefined && Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}

function numbers(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Rounds of all loads in turn, A B C A B C …, after a warm-up: the machine's drift falls on all alike. */
export async function alternate(
  loads: readonly Load[],
  options: { rounds: number; seconds: number },
): Promise<Map<Load, Figures[]>> {
  const figures = new Map<Load, Figures[]>(loads.map((load) => [load, []]));
  for (const load of loads) await round(load, 3);
  for (let i = 0; i < options.rounds; i++)
    for (const load of loads) figures.get(load)!.push(await round(load, options.seconds));
  return figures;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
