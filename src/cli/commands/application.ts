import { Command } from 'commander';
import Type from 'typebox';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

/** `application register`: sends an application's public keys to the running exchange. */
export function applicationCommand(): Command {
  const application = new Command('application').description('register applications');
  actingOperator(application.command('register'))
    .argument('<file>', 'JSON as in schemas/application.schema.json: public keys only')
    .description('register an application with its public keys')
    .action(register);
  return application;
}

const REGISTERED = Type.Object({ data: Type.Object({ clientId: Type.String(), status: Type.String() }) });

async function register(file: string, options: ActingOptions): Promise<void> {
  const reply = await callPlatform(options, 'POST', '/api/v1/applications', readDocument(file));
  const result = expectSuccess(reply, REGISTERED);
  const { clientId, status } = result.data;
  print(options, result, `${clientId} is ${status}`);
}
