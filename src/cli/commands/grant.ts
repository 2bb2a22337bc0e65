import { Command } from 'commander';
import { contractId } from '../../catalog/contract-id.js';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

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
  actingOperator(grant.command('issue'))
    .argument('<file>', 'JSON as in schemas/grant.schema.json')
    .description('issue a grant directly (demo only)')
    .action(issue);
  actingOperator(grant.command('revoke'))
    .argument('<id>')
    .description('revoke a grant: once this returns, nothing leaves under it')
    .action(revoke);
  actingOperator(grant.command('list')).description('list the grants that the application may see').action(list);
  return grant;
}

async function issue(file: string, options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'POST', '/api/v1/grants', readDocument(file)));
  print(options, result, line(result.data as Shown));
}

async function revoke(id: string, options: ActingOptions): Promise<void> {
  const path = `/api/v1/grants/${encodeURIComponent(id)}/revoke`;
  const result = expectSuccess(await callPlatform(options, 'POST', path, '{}'));
  print(options, result, line(result.data as Shown));
}

async function list(options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'GET', '/api/v1/grants'));
  print(options, result, (result.data as Shown[]).map(line).join('\n'));
}

function line({ id, application, dataset, major, mode, purposes, status }: Shown): string {
  return `${id}  ${status}  ${application}  ${contractId(dataset, major)}  ${mode}  ${purposes.join(',')}`;
}
