import { Command } from 'commander';
import Type, { type Static } from 'typebox';
import { contractId } from '../../catalog/contract-id.js';
import { type ActingOptions, actingOperator, callPlatform } from '../acting.js';
import { expectSuccess } from '../client.js';
import { print } from '../output.js';
import { readDocument } from '../read-document.js';

const SHOWN = Type.Object({
  id: Type.String(),
  application: Type.String(),
  dataset: Type.String(),
  major: Type.Number(),
  mode: Type.String(),
  purposes: Type.Array(Type.String()),
  status: Type.String(),
});
const ONE = Type.Object({ data: SHOWN });

/** `grant issue|revoke|list`, as an application of the platform. */
export function grantCommand(): Command {
  const grant = new Command('grant').description('issue, revoke and list grants');
  actingOperator(grant.command('issue'))
    .argument('<file>', 'JSON as in schemas/grant.schema.json')
    .description('issue a grant that was agreed')
    .action(issue);
  actingOperator(grant.command('revoke'))
    .argument('<id>')
    .description('revoke a grant: once this returns, nothing leaves under it')
    .action(revoke);
  actingOperator(grant.command('list')).description('list the grants that the application may see').action(list);
  return grant;
}

async function issue(file: string, options: ActingOptions): Promise<void> {
  const result = expectSuccess(await callPlatform(options, 'POST', '/api/v1/grants', readDocument(file)), ONE);
  print(options, result, line(result.data));
}

async function revoke(id: string, options: ActingOptions): Promise<void> {
  const path = `/api/v1/grants/${encodeURIComponent(id)}/revoke`;
  const result = expectSuccess(await callPlatform(options, 'POST', path, '{}'), ONE);
  print(options, result, line(result.data));
}

async function list(options: ActingOptions): Promise<void> {
  const result = expectSuccess(
    await callPlatform(options, 'GET', '/api/v1/grants'),
    Type.Object({ data: Type.Array(SHOWN) }),
  );
  print(options, result, result.data.map(line).join('\n'));
}

function line({ id, application, dataset, major, mode, purposes, status }: Static<typeof SHOWN>): string {
  return `${id}  ${status}  ${application}  ${contractId(dataset, major)}  ${mode}  ${purposes.join(',')}`;
}
