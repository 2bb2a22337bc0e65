import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import Type, { type Static } from 'typebox';
import { type Secret, storeSecret } from '../../access/upstreams/secret.js';
import { loadConfig } from '../../platform/config.js';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

interface SecretOptions extends ActingOptions {
  user?: string;
  bearer?: boolean;
  header?: string;
  file?: string;
}

const SHOWN = Type.Object({
  publisher: Type.String(),
  name: Type.String(),
  status: Type.String(),
  kind: Type.String(),
  host: Type.String(),
  port: Type.Number(),
  tls: Type.String(),
});
const ONE = Type.Object({ data: SHOWN });

const PATH = '/api/v1/upstreams';
const NAME_HELP = 'such as housing/main-db';
const NAME = /^[a-z][a-z0-9-]{0,62}\/[a-z][a-z0-9-]{0,62}$/;

/** `upstream approve|list|withdraw|secret`: which systems of departments the exchange may call, and with which secret. */
export function upstreamCommand(): Command {
  const upstream = new Command('upstream').description('approve systems of departments that the exchange may call');
  actingOperator(upstream.command('approve'))
    .argument('<publisher/name>', NAME_HELP, parseName)
    .argument('<file>', 'JSON as in schemas/upstream.schema.json')
    .description('approve an upstream, or approve it again')
    .action(approve);
  actingOperator(upstream.command('withdraw'))
    .argument('<publisher/name>', NAME_HELP, parseName)
    .description('end calls to it')
    .action(withdraw);
  actingOperator(upstream.command('list'))
    .description('list the upstreams that the application may see')
    .action(listAll);
  actingOperator(upstream.command('secret'))
    .argument('<publisher/name>', NAME_HELP, parseName)
    .description('enter its secret on this machine: the password, token or value comes from stdin or a file')
    .option('--user <name>', 'user of a database, or of an API with a password')
    .option('--bearer', 'a bearer token')
    .option('--header <name>', 'a header of its own, such as X-Api-Key')
    .option('--file <file>', 'read it from here instead of stdin')
    .action(enterSecret);
  return upstream;
}

function parseName(text: string): string {
  if (NAME.test(text)) return text;
  throw new InvalidArgumentError('Expected publisher/name, such as housing/main-db.');
}

async function approve(name: string, file: string, options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'PUT', `${PATH}/${name}`, readDocument(file)), ONE);
  print(options, result, line(result.data));
}

async function withdraw(name: string, options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'DELETE', `${PATH}/${name}`), ONE);
  print(options, result, line(result.data));
}

async function listAll(options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'GET', PATH), Type.Object({ data: Type.Array(SHOWN) }));
  const upstreams = result.data;
  print(options, result, upstreams.length === 0 ? 'No upstream is approved.' : upstreams.map(line).join('\n'));
}

/** Written beside the keys of this data directory, never sent. Bound to the host and port as approved now. */
async function enterSecret(name: string, options: SecretOptions): Promise<void> {
  const secret = secretOf(options);
  const result = expectSuccess(await callPlatform(options, 'GET', `${PATH}/${name}`), ONE);
  const { dataDir } = loadConfig(options.dataDir === undefined ? {} : { dataDir: options.dataDir });
  storeSecret(join(dataDir, 'keys'), result.data, secret);
  print(options, { upstream: name, kind: secret.kind }, `${name}: a ${secret.kind} is entered`);
}

function secretOf({ user, bearer, header, file }: SecretOptions): Secret {
  if ([user, bearer, header].filter((given) => given !== undefined).length !== 1) {
    throw new CommandError(EXIT.usage, 'Give its kind: one of --user, --bearer, --header.');
  }
  const value = readFileSync(file ?? 0, 'utf8').replace(/\r?\n$/, '');
  if (value === '') throw new CommandError(EXIT.usage, 'The secret is empty.');
  if (user !== undefined) return { kind: 'password', user, password: value };
  if (header !== undefined) return { kind: 'header', header, value };
  return { kind: 'bearer', token: value };
}

function line({ publisher, name, kind, host, port, tls, status }: Static<typeof SHOWN>): string {
  return `${publisher}/${name}  ${status}  ${kind}  ${host}:${port}  tls ${tls}`;
}
