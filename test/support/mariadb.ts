import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { freePort } from './node.js';

export interface Mariadb {
  port: number;
  /** Runs SQL as its administrator. */
  query(sql: string): Promise<unknown>;
  stop(): Promise<void>;
}

const PLACES = ['/usr/sbin/mariadbd', '/usr/sbin/mysqld', '/usr/local/sbin/mariadbd', '/usr/libexec/mariadbd'];

/** The server's program, or undefined where this machine has none. */
export function findMariadb(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}

/** A server on loopback, in a directory that is removed with it. */
export async function startMariadb(program: string): Promise<Mariadb> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-mariadb-'));
  chmodSync(directory, 0o755);
  const port = await freePort();
  const socket = join(directory, 's');
  const asRoot = process.getuid?.() === 0;
  const flags = ['--no-defaults', `--datadir=${directory}/data`, ...(asRoot ? ['--user=mysql'] : [])];
  const made = spawnSync('mariadb-install-db', [
    ...flags,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stderr}`);
  if (asRoot) spawnSync('chown', ['-R', 'mysql:mysql', directory]);
  const server = spawn(
    program,
    [
      ...flags,
      `--socket=${socket}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--pid-file=${directory}/pid`,
      '--innodb-buffer-pool-size=32M',
    ],
    { stdio: 'ignore' },
  );
  const pool = mysql.createPool({ socketPath: socket, user: 'root', multipleStatements: true, connectionLimit: 2 });
  const deadline = Date.now() + 60_000;
  while (
    !(await pool.query('SELECT 1').then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > deadline || server.exitCode !== null) throw new Error('MariaDB did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    query: async (sql) => (await pool.query(sql))[0],
    async stop() {
      await pool.end();
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
