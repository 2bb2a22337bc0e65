import { Command, InvalidArgumentError } from 'commander';
import { type Config, loadConfig } from '../../../platform/config.js';
import { EXIT } from '../../exit-code.js';
import { welcome } from '../../welcome.js';

/** Under `npm start` one Ctrl-C arrives twice: from the terminal, and from npm. */
const ECHO_MS = 1_000;

/** Starts a node with this configuration. Rejects with SettingError, DataDirectoryError, the system's error of listen, or Error. */
export type StartExchange = (
  config: Config,
  options: { onProgress: (line: string) => void },
) => Promise<{ baseUrl: string; lost: Promise<Error>; close(): Promise<void> }>;

interface StartFlags {
  demo?: boolean;
  people?: number;
  seed?: number;
  host?: string;
  port?: number;
  dataDir?: string;
  databaseUrl?: string;
  postgresUser?: string;
  demoOpenToTheNetwork?: boolean;
  json?: boolean;
}

/** `exchange start`: serves until SIGINT or SIGTERM, then stops everything; a second signal ends it at once. */
export function startCommand(startExchange: StartExchange): Command {
  return new Command('start')
    .description('start the exchange')
    .option('--demo', 'with a believable population, applications and grants')
    .option('--people <number>', 'people of the demo', wholeNumber(100, 20_000_000))
    .option('--seed <number>', 'seed of the demo: same seed, same people', wholeNumber(0, 4_294_967_295))
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on', wholeNumber(0, 65_535))
    .option('--data-dir <dir>', 'where everything is kept (default .exchange)')
    .option('--database-url <url>', 'a PostgreSQL instead of the embedded one')
    .option('--postgres-user <name>', "as root: the embedded PostgreSQL's account")
    .option('--demo-open-to-the-network', "let other machines reach the demo's open grants")
    .option('--json', 'print progress and the address as JSON lines')
    .action(async (flags: StartFlags) => serve(startExchange, flags));
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

async function serve(startExchange: StartExchange, flags: StartFlags): Promise<void> {
  const { people, seed, demoOpenToTheNetwork, json, ...rest } = flags;
  const demo = { demoPeople: people, demoSeed: seed, demoOpenToNetwork: demoOpenToTheNetwork };
  const config = loadConfig({ ...rest, ...demo });
  const say = (line: string) => process.stdout.write(`${json ? JSON.stringify({ progress: line }) : line}\n`);
  const stopped = stopOnSignal(say);
  // Before the start is complete nothing needs finishing: PostgreSQL stops when this process ends, and the next start continues.
  const interrupted = stopped.then(() => undefined);
  const running = await Promise.race([startExchange(config, { onProgress: say }), interrupted]);
  if (!running) process.exit(EXIT.interrupted);
  process.stdout.write(json ? `${JSON.stringify({ ready: running.baseUrl })}\n` : welcome(config, running.baseUrl));
  const lost = await Promise.race([stopped, running.lost]);
  await running.close();
  if (lost) throw lost;
  say('Stopped.');
}

/** Resolves at the first signal. */
function stopOnSignal(say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = () => {
      if (firstAt !== undefined) {
        if (performance.now() - firstAt > ECHO_MS) process.exit(EXIT.interrupted);
        return;
      }
      firstAt = performance.now();
      say('Stopping …');
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
