import { DataDirectoryError } from '../platform/data-directory.js';
import { Problem, SettingError } from '../platform/errors.js';

/** Exit codes of commands; the README of this folder and `exchange --help` list the same. */
export const EXIT = {
  done: 0,
  /** The exchange refused, or a check failed. */
  refused: 1,
  /** Wrong flag, argument or setting, or an unreadable file. */
  usage: 2,
  /** No server runs here, or it does not answer. */
  noServer: 3,
  dataDirectory: 4,
  inUse: 5,
  portTaken: 6,
  /** Stopped by Ctrl-C; a server by the second one. */
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes: 0 done · 1 refused, or a check found something · 2 wrong flag, argument, setting or file · 3 no server, or it does not answer
            4 data directory not writable or open to others · 5 data directory in use by another server · 6 port taken · 130 interrupted

Settings come from flags, then from the environment (exchange config print shows them).`;

/** A command's own failure, with its exit code. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory (ENOENT)',
  EACCES: 'permission denied (EACCES)',
  EEXIST: 'exists already, and is not overwritten (EEXIST)',
  EISDIR: 'is a directory (EISDIR)',
};

/** The exit code, and one line with the reason. */
export function describeFailure(error: unknown): { exitCode: number; message: string } {
  const seen: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  const { message, code, syscall, path } = seen;
  if (error instanceof CommandError) return { exitCode: error.exitCode, message };
  if (error instanceof SettingError) return { exitCode: EXIT.usage, message };
  if (error instanceof DataDirectoryError) {
    return { exitCode: error.reason === 'in-use' ? EXIT.inUse : EXIT.dataDirectory, message };
  }
  if (code === 'EADDRINUSE')
    return { exitCode: EXIT.portTaken, message: 'The port is taken: choose another by --port.' };
  if (code === 'EACCES' && syscall === 'listen')
    return { exitCode: EXIT.usage, message: 'No permission to open this port.' };
  if (code === 'EADDRNOTAVAIL')
    return { exitCode: EXIT.usage, message: 'The address is not one of this machine: choose another by --host.' };
  if (syscall === 'connect' || code === 'UND_ERR_CONNECT_TIMEOUT')
    return { exitCode: EXIT.noServer, message: 'The server does not answer.' };
  if (syscall !== undefined && path !== undefined)
    return { exitCode: EXIT.usage, message: `${path}: ${FILE_ERRORS[code ?? ''] ?? code}` };
  if (error instanceof Problem) {
    return { exitCode: error.code === 'unavailable' ? EXIT.noServer : EXIT.refused, message };
  }
  return { exitCode: EXIT.refused, message: message || String(error) };
}
