import { Command } from 'commander';
import { contractId } from '../../catalog/contract-id.js';
import { systemClock } from '../../platform/clock.js';
import { connect, expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

interface GrantOptions {
  as: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

interface Shown {
  id: string;
  application: string;
  dataset: string;
  major: number;
  mode: string;
  purposes: string[];
  status: string;
}

/** `grant issue|revoke|list`, as an application of the platform. Issuing directly works only with `--demo`. */
export function grantCommand(): Command {
  const grant = new Command('grant').description('issue, revoke and list grants');
  acting(grant.command('issue'))
    .argument('<file>', 'JSON as in schemas/grant.schema.json')
    .description('issue a grant directly (demo only)')
    .action(issue);
  acting(grant.command('revoke'))
    .argument('<id>')
    .description('revoke a grant: once this returns, nothing leaves under it')
    .action(revoke);
  acting(grant.command('list')).description('list the grants that the application may see').action(list);
  return grant;
}

export function acting(command: Command): Command {
  return command
    .option('--as <application>', 'an application with the role operator', 'operator-app')
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print the reply as JSON');
}

async function issue(file: string, options: GrantOptions): Promise<void> {
  const document = readDocument(file);
  const client = await connect({ ...options, application: options.as, resource: 'platform' });
  const headers = { 'content-type': 'application/json', 'idempotency-key': systemClock.uuid() };
  const result = expectSuccess(await client.request('POST', '/api/v1/grants', headers, document));
  print(options, result, line(result.data as Shown));
}

async function revoke(id: string, options: GrantOptions): Promise<void> {
  const client = await connect({ ...options, application: options.as, resource: 'platform' });
  const path = `/api/v1/grants/${encodeURIComponent(id)}/revoke`;
  const headers = { 'content-type': 'application/json' };
  const result = expectSuccess(await client.request('POST', path, headers, '{}'));
  print(options, result, line(result.data as Shown));
}

async function list(options: GrantOptions): Promise<void> {
  const client = await connect({ ...options, application: options.as, resource: 'platform' });
  const result = expectSuccess(await client.request('GET', '/api/v1/grants'));
  print(options, result, (result.data as Shown[]).map(line).join('\n'));
}

function line({ id, application, dataset, major, mode, purposes, status }: Shown): string {
  return `${id}  ${status}  ${application}  ${contractId(dataset, major)}  ${mode}  ${purposes.join(',')}`;
}
