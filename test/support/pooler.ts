import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from '../failure/until.js';
import { freePort } from './node.js';
import { account, type PostgresServer, SUPERUSER } from './postgres-server.js';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));

/** Why there is no pooler here; undefined where there is one. */
export const NO_POOLER = PROGRAM === undefined ? 'PgBouncer (Debian: pgbouncer) is not installed' : undefined;

/** A PgBouncer in front of the database `exchange`. It gets the passwords of the logins from the server. */
export interface Pooler {
  port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
}

export async function startPooler(
  t: { teardown(handler: () => unknown): unknown },
  { port: to, directory }: PostgresServer,
  settings: string,
): Promise<Pooler> {
  const port = await freePort();
  const users = join(directory, `users-${port}`);
  const file = join(directory, `pgbouncer-${port}.ini`);
  writeFileSync(users, `"${SUPERUSER}" "${SUPERUSER}"\n`, { mode: 0o644 });
  writeFileSync(
    file,
    `[databases]\nexchange = host=127.0.0.1 port=${to}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      `auth_type = scram-sha-256\nauth_file = ${users}\nauth_user = ${SUPERUSER}\nmax_client_conn = 400\ndefault_pool_size = 30\n` +
      `ignore_startup_parameters = options\n${settings}\n`,
    { mode: 0o644 },
  );
  const begin = () => spawn(PROGRAM ?? '', [file], { ...account, stdio: 'ignore' });
  let child = begin();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  t.teardown(() => end('SIGTERM'));
  const answers = () => until('PgBouncer answers', () => listens(port));
  await answers();
  return {
    port,
    async start() {
      child = begin();
      await answers();
    },
    kill: () => end('SIGKILL'),
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}
