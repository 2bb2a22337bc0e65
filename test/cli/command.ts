import type { Test } from 'tap';
import { runCommand } from '../../src/cli/exchange.js';

export interface CommandEnded {
  code: number;
  stdout: string;
  stderr: string;
}

const NOT_HERE = () => Promise.reject(new Error('not in this test'));

/** Runs a command line in this process and captures its output. */
export async function command(t: Test, ...args: string[]): Promise<CommandEnded> {
  const stdout = t.capture(process.stdout, 'write', () => true);
  const stderr = t.capture(process.stderr, 'write', () => true);
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await runCommand(['node', 'exchange', ...args], {
      startExchange: NOT_HERE,
      renderOpenapi: NOT_HERE,
      demoFiles: NOT_HERE,
      actOnMachine: async (config, work) => (await import('../../src/on-machine.js')).actOnMachine(config, work),
      atLog: async (config, work) => (await import('../../src/on-machine.js')).atLog(config, work),
      onMachine: async (config, work) => (await import('../../src/on-machine.js')).onMachine(config, work),
      backUp: async (config, options) => (await import('../../src/back-up.js')).backUp(config, options),
      restore: async (config, options) => (await import('../../src/restore.js')).restore(config, options),
      migrateMachine: async (config) => (await import('../../src/on-machine.js')).migrateMachine(config),
    });
    const code = Number(process.exitCode);
    return { code, stdout: textOf(stdout()), stderr: textOf(stderr()) };
  } finally {
    stdout.restore();
    stderr.restore();
    process.exitCode = before;
  }
}

function textOf(calls: readonly { args: readonly unknown[] }[]): string {
  return calls.map(({ args }) => String(args[0])).join('');
}
