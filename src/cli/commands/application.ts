import { Command } from 'commander';
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

async function register(file: string, options: ActingOptions): Promise<void> {
  const reply = await callPlatform(options, 'POST', '/api/v1/applications', readDocument(file));
  const result = expectSuccess(reply);
  const { clientId, status } = result.data as { clientId: string; status: string };
  print(options, result, `${clientId} is ${status}`);
}
