import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { type Delivered, type DeliveryTarget, deliverFile, type PublisherFile } from '../../client/deliver-file.js';
import { type DemoFile, readDemoFile } from '../../client/demo-file.js';
import { systemClock } from '../../platform/clock.js';
import { loadConfig } from '../../platform/config.js';
import { CommandError, describeFailure, EXIT } from '../exit-code.js';

/** Every file of the demo. Same people and seed: same bytes. Throws RangeError for a number that is too small. */
export type DemoFiles = (of: { people: number; seed: number }) => Promise<Iterable<PublisherFile>>;

interface DemoFlags {
  people?: number;
  seed?: number;
  out?: string;
  dataDir?: string;
  json?: boolean;
}

/** `exchange demo`. Exit codes as in `exit-code.ts`: refused where a delivery was refused, noServer where no demo runs. */
export function demoCommand(demoFiles: DemoFiles): Command {
  return new Command('demo')
    .description(
      "make the demo's population and deliver the publishers' files to the running exchange, or write them to a folder",
    )
    .option('--people <n>', 'how many people', wholeNumber)
    .option('--seed <n>', 'same people and seed: same files', wholeNumber)
    .option('--out <dir>', 'write the files there and deliver nothing')
    .option('--data-dir <dir>', 'data directory of the running exchange')
    .option('--json', 'print what was done as JSON')
    .action(async (flags: DemoFlags) => {
      process.exitCode = await runDemo(demoFiles, flags, (text) => process.stdout.write(text));
    });
}

/** Runs the command and returns the exit code. */
export async function runDemo(demoFiles: DemoFiles, flags: DemoFlags, print: (text: string) => void): Promise<number> {
  if (Number.isNaN(flags.people) || Number.isNaN(flags.seed)) {
    print('--people and --seed are whole numbers.\n');
    return EXIT.usage;
  }
  const config = loadConfig({ dataDir: flags.dataDir });
  const of = { people: flags.people ?? config.demoPeople, seed: flags.seed ?? config.demoSeed };
  const report = (line: object, text: string) => print(flags.json ? `${JSON.stringify(line)}\n` : `${text}\n`);
  try {
    const files = await demoFiles(of);
    if (flags.out !== undefined) {
      for (const file of files) {
        const path = await writeFile(file, resolve(flags.out));
        report({ dataset: file.dataset, path }, `${file.dataset}  ${path}`);
      }
      return 0;
    }
    const target = targetOf(config.dataDir);
    for (const file of files) {
      const delivered = await deliverFile(target, file, systemClock.uuid());
      report(delivered, sentence(delivered));
    }
    return 0;
  } catch (error) {
    const failure = describeFailure(error instanceof RangeError ? new CommandError(EXIT.usage, error.message) : error);
    report({ error: failure.message }, failure.message);
    return failure.exitCode;
  }
}

async function writeFile(file: PublisherFile, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, file.filename);
  await pipeline(file.stream(), createWriteStream(path, { mode: 0o600 }));
  return path;
}

function targetOf(dataDir: string): DeliveryTarget {
  let demo: DemoFile;
  try {
    demo = readDemoFile(dataDir);
  } catch (error) {
    throw new CommandError(EXIT.noServer, error instanceof Error ? error.message : String(error));
  }
  return {
    baseUrl: demo.baseUrl,
    issuer: demo.issuer,
    tokenEndpoint: demo.tokenEndpoint,
    resource: demo.resource,
    clock: systemClock,
    keyOf: (clientId) => {
      const application = demo.applications.find((each) => each.clientId === clientId);
      if (application === undefined) throw new Error(`The demo has no application ${clientId}.`);
      return application.privateJwk;
    },
  };
}

function sentence({ dataset, received, rejected, deleted, release, unchanged }: Delivered): string {
  if (unchanged) return `${dataset}  release ${release}: the same file as before, ${received} rows`;
  return `${dataset}  release ${release}: ${received} rows received, ${rejected} rejected, ${deleted} deleted`;
}

function wholeNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}
