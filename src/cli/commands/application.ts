import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import Type from 'typebox';
import { newPrivateJwk, publicPart } from '../../client/new-key.js';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

/** `application key` makes an application's key; `application register` sends its public half to the running exchange. */
export function applicationCommand(): Command {
  const application = new Command('application').description('make keys of applications, and register applications');
  application
    .command('key')
    .argument('<client-id>', 'such as street-app')
    .description('make a key: <client-id>.key.json stays with the program, <client-id>.application.json is registered')
    .requiredOption('--department <slug>', 'whose program it is')
    .requiredOption('--title <text>', 'what it is')
    .addOption(
      new Option('--role <role>', 'what it may do beside reading').choices(['publisher', 'operator', 'auditor']),
    )
    .option('--out <dir>', 'where the two files go', '.')
    .option('--json', 'print {key, application} as JSON')
    .action(makeKey);
  actingOperator(application.command('register'))
    .argument('<file>', 'JSON as in schemas/application.schema.json: public keys only')
    .description('register an application with its public keys')
    .action(register);
  return application;
}

interface KeyOptions {
  department: string;
  title: string;
  role?: string;
  out: string;
  json?: boolean;
}

/** Existing files are not overwritten. */
async function makeKey(clientId: string, { department, title, role, out, json }: KeyOptions): Promise<void> {
  const made = { key: join(out, `${clientId}.key.json`), application: join(out, `${clientId}.application.json`) };
  const key = await newPrivateJwk();
  const roles = role === undefined ? {} : { roles: [role] };
  const registration = { clientId, title, department, ...roles, jwks: { keys: [publicPart(key)] } };
  mkdirSync(out, { recursive: true });
  writeFileSync(made.key, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  writeFileSync(made.application, `${JSON.stringify(registration, null, 2)}\n`, { flag: 'wx' });
  print({ json }, made, `${made.key} stays with the program; register ${made.application}.`);
}

const REGISTERED = Type.Object({ data: Type.Object({ clientId: Type.String(), status: Type.String() }) });

async function register(file: string, options: ActingOptions): Promise<void> {
  const reply = await callPlatform(options, 'POST', '/api/v1/applications', readDocument(file));
  const result = expectSuccess(reply, REGISTERED);
  const { clientId, status } = result.data;
  print(options, result, `${clientId} is ${status}`);
}
