import type { Command } from 'commander';
import type { Reply } from '../client/http.js';
import { systemClock } from '../platform/clock.js';
import { loadConfig } from '../platform/config.js';
import { readRun } from '../platform/data-directory.js';
import { type Client, clientOf, connect } from './client.js';
import { readSignedIn, type SignedIn } from './person/credentials.js';
import { tokenOf } from './person/tokens.js';

/** The flags of a command that calls a server: as an application where `as` or `key` is given, else as the person who is signed in. */
export interface ActingOptions {
  as?: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

const OPERATOR = 'operator-app';

/** Adds the flags that find the server and the key. `printed` describes `--json`. */
export function withServer(command: Command, printed = 'print the reply as JSON'): Command {
  return command
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', printed);
}

export function actingOperator(command: Command, printed?: string): Command {
  return withServer(
    command.option(
      '--as <application>',
      `an application with the role operator (default: who is signed in, else ${OPERATOR})`,
    ),
    printed,
  );
}

/** Throws CommandError as `connect`, or where the person's session has ended. */
export async function connectPlatform(options: ActingOptions, application = OPERATOR): Promise<Client> {
  const person = options.as === undefined && options.key === undefined ? signedInAt(options) : undefined;
  if (person === undefined)
    return connect({ ...options, application: options.as ?? application, resource: 'platform' });
  // Each call reads the file: a command that takes long renews the token in it.
  const token = await tokenOf(person);
  return clientOf(person.server, token, () => tokenOf(readSignedIn() ?? person));
}

/** Who is signed in, unless another server runs here or is named. */
function signedInAt({ dataDir }: ActingOptions): SignedIn | undefined {
  const person = readSignedIn();
  if (person === undefined) return undefined;
  const here = readRun(loadConfig({ dataDir }).dataDir)?.baseUrl;
  return here === undefined
    ? dataDir === undefined
      ? person
      : undefined
    : here === person.server
      ? person
      : undefined;
}

/** One call of the platform API. A body is JSON, and the server carries it out once. */
export async function callPlatform(
  options: ActingOptions,
  method: string,
  path: string,
  body?: string,
): Promise<Reply> {
  const client = await connectPlatform(options);
  const headers = { 'content-type': 'application/json', 'idempotency-key': systemClock.uuid() };
  return client.request(method, path, body === undefined ? {} : headers, body);
}
