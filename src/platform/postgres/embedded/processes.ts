import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Process {
  pid: number;
  owner: number;
  executable: string;
  /** Its working directory. PostgreSQL's is the cluster. */
  directory: string;
  /** Arguments, each after a NUL. */
  commandLine: string;
}

/** The processes of this machine that we may look into; none where the system has no `/proc`. */
export function processes(): Process[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger).flatMap(look);
  } catch {
    return [];
  }
}

function look(pid: number): Process[] {
  try {
    const owner = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const [executable, directory] = [readlinkSync(`/proc/${pid}/exe`), readlinkSync(`/proc/${pid}/cwd`)];
    return [{ pid, owner, executable, directory, commandLine: `\0${commandLine}` }];
  } catch {
    return []; // it ended meanwhile, or is another user's
  }
}
