import { Command } from 'commander';
import { systemClock } from '../../platform/clock.js';
import { connect, expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';
import { acting } from './grant.js';

interface RegisterOptions {
  as: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

/** `application register`: sends an application's public keys to the running exchange. */
export function applicationCommand(): Command {
  const application = new Command('application').description('register applications');
  acting(application.command('register'))
    .argument('<file>', 'JSON as in schemas/application.schema.json: public keys only')
    .description('register an application with its public keys')
    .action(register);
  return application;
}

async function register(file: string, options: RegisterOptions): Promise<void> {
  const document = readDocument(file);
  const client = await connect({ ...options, application: options.as, resource: 'platform' });
  const headers = { 'content-type': 'application/json', 'idempotency-key': systemClock.uuid() };
  const result = expectSuccess(await client.request('POST', '/api/v1/applications', headers, document));
  const { clientId, status } = result.data as { clientId: string; status: string };
  print(options, result, `${clientId} is ${status}`);
}
