import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../../src/platform/errors.js';
import { packageRoot } from '../../../src/platform/paths.js';
import { account, type ServerOptions } from '../../support/postgres-server.js';

/** What `disk.c` reads. */
const STATES = { sound: '-', slow: 's', hanging: 'h', 'unable to sync': 'e', 'unable to write': 'w' } as const;
export type DiskState = keyof typeof STATES;

/** The disk of a PostgreSQL: small, so that it can be full, and with a library before its system calls. */
export interface Disk {
  /** How the server is started on it. */
  server: ServerOptions;
  /** Why it cannot be full, or cannot fail; undefined where it can. */
  cannotFill: string | undefined;
  cannotFail: string | undefined;
  be(state: DiskState): void;
  fill(): void;
  /** Takes away what filled it. */
  empty(): void;
}

const SIZE_MB = 320;
/** Segments of 1 MB, and few of them: a full disk is felt at once. */
const SMALL_WAL = { min_wal_size: '4MB', max_wal_size: '48MB' };

/** The server of this disk is opened after it, so that it ends before the disk goes. */
export function openDisk(t: { teardown(handler: () => unknown): unknown }, directory: string): Disk {
  const library = join(directory, 'disk.so');
  const control = join(directory, 'disk-state');
  const cannotFail = compile(library);
  const be = (state: DiskState): void => writeFileSync(control, STATES[state], { mode: 0o644 });
  be('sound');
  let ballast = '';
  const disk: Disk = {
    server: {
      initdb: ['--wal-segsize=1'],
      settings: SMALL_WAL,
      env: cannotFail === undefined ? { LD_PRELOAD: library, DISK_FAULT: control } : {},
      prepare(place) {
        const { uid = 0, gid = 0 } = account;
        const options = `size=${SIZE_MB}m,mode=700,uid=${uid},gid=${gid}`;
        const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]);
        if (mounted.status !== 0) return;
        t.teardown(() => spawnSync('umount', ['--lazy', place]));
        disk.cannotFill = undefined;
        ballast = join(place, 'ballast');
      },
    },
    cannotFill: 'no small file system can be mounted (only root can)',
    cannotFail,
    be,
    fill: () => fill(ballast),
    empty: () => rmSync(ballast, { force: true }),
  };
  return disk;
}

function compile(library: string): string | undefined {
  const source = join(packageRoot, 'test/long/faults/disk.c');
  const flags = ['-shared', '-fPIC', '-nostdlib', '-o', library, source];
  const made = spawnSync('cc', flags, { encoding: 'utf8' });
  if (made.error) return 'there is no C compiler (Debian: gcc)';
  if (made.status !== 0) throw new Error(made.stderr);
  return undefined;
}

function fill(path: string): void {
  const file = openSync(path, 'w');
  const sizes = [1 << 20, 1 << 12];
  try {
    for (const size of sizes) writeAll(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
  }
}

/** Until nothing more fits. */
function writeAll(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC') throw error;
  }
}
