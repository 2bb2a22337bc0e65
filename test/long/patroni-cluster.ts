import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { stringify } from 'yaml';
import { processes } from '../../src/platform/postgres/embedded/processes.js';
import { until } from '../failure/until.js';
import { freePort } from '../support/node.js';
import { account, SUPERUSER, signalIfThere } from '../support/postgres-server.js';
import { temporary } from './exchange-child.js';

const PATRONI = '/usr/bin/patroni';
const ETCD = '/usr/bin/etcd';
const bin = '/usr/lib/postgresql/15/bin';
const START_MS = 90_000;

/** Whether Debian's etcd, Patroni and PostgreSQL 15 are here. */
export const installed = [PATRONI, ETCD, bin].every((path) => existsSync(path));

interface Teardown {
  teardown(handler: () => unknown): unknown;
}

/** One PostgreSQL with the Patroni that watches it. */
export interface Member {
  name: string;
  port: number;
  /** Status of a path of Patroni's own interface: 200 at `/leader`, `/replica`, `/sync` where that is its part; 0 where it does not answer. */
  status(path: string): Promise<number>;
  query(sql: string, database?: string): Promise<pg.QueryResult>;
  start(): Promise<void>;
  /** As a machine that loses power: Patroni and its PostgreSQL. */
  kill(): void;
}

/** One etcd, as the cluster's agreement. */
export async function startEtcd(t: Teardown): Promise<number> {
  const directory = temporary(t);
  const [port, peer] = [await freePort(), await freePort()];
  const client = `http://127.0.0.1:${port}`;
  const between = `http://127.0.0.1:${peer}`;
  const flags = ['--name', 'one', '--data-dir', join(directory, 'etcd'), '--initial-cluster', `one=${between}`];
  const clients = ['--listen-client-urls', client, '--advertise-client-urls', client];
  const peers = ['--listen-peer-urls', between, '--initial-advertise-peer-urls', between];
  const etcd = spawn(ETCD, [...flags, ...clients, ...peers], { stdio: 'ignore' });
  t.teardown(() => etcd.kill('SIGKILL'));
  await until('etcd is healthy', async () => (await statusOf(`${client}/health`)) === 200);
  return port;
}

export async function member(t: Teardown, name: string, etcd: number): Promise<Member> {
  const directory = temporary(t);
  const [port, rest] = [await freePort(), await freePort()];
  mkdirSync(join(directory, 'run'), { recursive: true });
  const [file, data] = [join(directory, 'patroni.yml'), join(directory, 'data')];
  writeFileSync(file, stringify(settings({ name, directory, data, etcd, port, rest })));
  for (const path of [directory, join(directory, 'run'), file])
    if (account.uid !== undefined) chownSync(path, account.uid, account.gid!);
  let running: ChildProcess | undefined;
  const found: Member = {
    name,
    port,
    status: (path) => statusOf(`http://127.0.0.1:${rest}${path}`),
    async query(sql, database = 'postgres') {
      const url = `postgres://${SUPERUSER}:${SUPERUSER}@127.0.0.1:${port}/${database}`;
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      return client.query(sql).finally(() => client.end());
    },
    async start() {
      running = spawn(PATRONI, [file], { ...account, cwd: directory, stdio: 'ignore' });
      running.once('exit', () => {
        running = undefined;
      });
      await until(`${name} runs`, async () => (await found.status('/health')) === 200, START_MS);
    },
    kill() {
      running?.kill('SIGKILL');
      for (const { pid } of processes().filter((each) => each.directory === data)) signalIfThere(pid, 'SIGKILL');
    },
  };
  t.teardown(() => found.kill());
  return found;
}

interface Place {
  name: string;
  directory: string;
  data: string;
  etcd: number;
  port: number;
  rest: number;
}

/** A failover within the shortest time to live that Patroni takes (20 s); a write waits for the standby. */
function settings({ name, directory, data, etcd, port, rest }: Place): object {
  const everyone = ['local all all scram-sha-256', 'host all all 127.0.0.1/32 scram-sha-256'];
  return {
    scope: 'civic',
    name,
    restapi: { listen: `127.0.0.1:${rest}`, connect_address: `127.0.0.1:${rest}` },
    etcd3: { host: `127.0.0.1:${etcd}` },
    bootstrap: {
      dcs: { ttl: 20, loop_wait: 2, retry_timeout: 5, synchronous_mode: true, postgresql: { use_pg_rewind: true } },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums'],
    },
    postgresql: {
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
      data_dir: data,
      bin_dir: bin,
      pgpass: join(directory, 'pgpass'),
      parameters: { unix_socket_directories: join(directory, 'run') },
      pg_hba: [...everyone, 'host replication all 127.0.0.1/32 scram-sha-256'],
      authentication: {
        superuser: { username: SUPERUSER, password: SUPERUSER },
        replication: { username: 'replicator', password: 'replicator' },
        rewind: { username: 'rewinder', password: 'rewinder' },
      },
    },
  };
}

const statusOf = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );
