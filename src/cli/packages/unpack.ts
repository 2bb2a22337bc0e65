import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import Type, { type Static } from 'typebox';
import { send } from '../../client/http.js';
import { type ActingOptions, actingOperator, connectPlatform } from '../acting.js';
import { expectSuccess, findServer } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';

/** Delivers packages to the exchange on the inner side and writes the acknowledgements beside them. */
export function unpackCommand(): Command {
  return actingOperator(new Command('unpack'))
    .argument('<files...>', 'packages that crossed the boundary')
    .description('deliver packages to the running exchange, as the operator who carries them')
    .action(async (files: string[], options: ActingOptions) => {
      for (const file of files) await unpack(file, options);
    });
}

const ARRIVED = Type.Object({
  contract: Type.String(),
  number: Type.Number(),
  state: Type.String(),
  missing: Type.Optional(Type.Array(Type.Number())),
  acknowledgement: Type.Optional(Type.String()),
});
type Arrived = Static<typeof ARRIVED>;
const OUTCOME = Type.Object({ ...ARRIVED.properties, followedBy: Type.Optional(Type.Array(ARRIVED)) });

async function unpack(file: string, options: ActingOptions): Promise<void> {
  statSync(file); // report a missing file before asking for a token
  const client = await connectPlatform(options);
  const headers = { 'content-type': 'application/vnd.civic-exchange.package' };
  const reply = await client.request('POST', '/api/v1/packages', headers, createReadStream(file));
  const outcome = expectSuccess(reply, Type.Object({ data: OUTCOME })).data;
  for (const each of [outcome, ...(outcome.followedBy ?? [])]) {
    const written = each.acknowledgement === undefined ? undefined : acknowledgementFile(file, outcome, each);
    if (written !== undefined) writeFileSync(written, each.acknowledgement!);
    print(options, each, lineOf(each, written));
  }
}

function acknowledgementFile(file: string, outcome: Arrived, each: Arrived): string {
  const stem = file.replace(/\.cxp$/, '');
  return each === outcome ? `${stem}.ack` : `${stem}-then-${each.number}.ack`;
}

function lineOf({ contract, number, state, missing = [] }: Arrived, written: string | undefined): string {
  const head = `package ${number} for ${contract}`;
  if (state === 'waiting') {
    const names = missing.length === 0 ? 'Its turn comes' : `Package ${missing.join(', ')} has not arrived`;
    return `${names}; ${head} waits`;
  }
  return `${head} ${state === 'repeated' ? 'had arrived before' : 'is delivered'}: ${written}`;
}

/** `exchange package key`: the key that senders on the other side seal for. */
export function packageCommand(): Command {
  const command = new Command('package').description('packages that cross a network boundary');
  command
    .command('key')
    .description('print the public package key of the running exchange')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print as JSON')
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { baseUrl } = findServer(options.dataDir);
      const reply = await send(`${baseUrl}/api/v1/packages/key`, { method: 'GET', headers: {}, body: '' });
      if (reply.status !== 200) throw new CommandError(EXIT.noServer, `The server is not ready (${reply.status}).`);
      print(options, { key: reply.text.trim() }, reply.text.trim());
    });
  return command;
}
