import type { Command } from 'commander';
import type { Reply } from '../client/http.js';
import { systemClock } from '../platform/clock.js';
import { type Client, connect } from './client.js';

/** The flags of a command that calls the running server as an application. */
export interface ActingOptions {
  as: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

/** Adds the flags that find the server and the key. `printed` describes `--json`. */
export function withServer(command: Command, printed = 'print the reply as JSON'): Command {
  return command
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', printed);
}

export function actingOperator(command: Command, printed?: string): Command {
  return withServer(
    command.option('--as <application>', 'an application with the role operator', 'operator-app'),
    printed,
  );
}

export function connectPlatform(options: ActingOptions): Promise<Client> {
  return connect({ ...options, application: options.as, resource: 'platform' });
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
