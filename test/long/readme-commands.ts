import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The lines of the shell blocks, without comments. */
export function commandsOf(document: string): string[] {
  const blocks = [...document.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '' && !line.startsWith('#'));
}

/** The text under a heading of the second level. */
export function section(document: string, heading: string): string {
  const begin = document.indexOf(`\n## ${heading}\n`);
  if (begin < 0) throw new Error(`The document has no heading ${heading}.`);
  const end = document.indexOf('\n## ', begin + 4);
  return document.slice(begin, end < 0 ? undefined : end);
}

export interface Pasted {
  command: string;
  printed: string;
  code: string;
}

/** One shell runs them all, so that a variable of one is there for the next. Returns what each printed and its exit code. */
export function paste(
  commands: readonly string[],
  { cwd, env = process.env }: { cwd: string; env?: NodeJS.ProcessEnv },
): Pasted[] {
  const results = join(cwd, 'walk-results');
  mkdirSync(results);
  const script = commands.map(
    (command, i) => `{ ${command}\n} >${results}/${i}.out 2>&1 </dev/null; echo $? >${results}/${i}.code\n`,
  );
  writeFileSync(join(results, 'script.sh'), script.join(''));
  spawnSync('bash', [join(results, 'script.sh')], { cwd, env });
  const read = (name: string) => readFileSync(join(results, name), 'utf8');
  return commands.map((command, i) => ({ command, printed: read(`${i}.out`), code: read(`${i}.code`).trim() }));
}
