import { Command } from 'commander';
import Type, { type Static } from 'typebox';
import { type ActingOptions, callPlatform, withServer } from '../acting.js';
import { expectSuccess } from '../client.js';
import { print } from '../output.js';
import { tableOf } from '../table.js';
import { peopleFromCsv } from './people-csv.js';

const PATH = '/api/v1/people';
const person = Type.Object({
  login: Type.String(),
  name: Type.String(),
  department: Type.String(),
  roles: Type.Array(Type.String()),
  status: Type.String(),
  pending: Type.Union([Type.Null(), Type.Object({ change: Type.String(), by: Type.String() })]),
});
const one = Type.Object({ data: person });
const decided = Type.Object({
  data: person,
  invitation: Type.Optional(Type.Object({ link: Type.String(), expiresAt: Type.String() })),
});

interface ProposeOptions extends ActingOptions {
  name: string;
  department: string;
  role: string[];
}

/** `exchange person …`: accounts, as the person who is signed in. */
export function personCommand(): Command {
  const command = new Command('person').description('accounts of people: propose, confirm, close');
  withServer(command.command('list')).description('accounts that you may see').action(list);
  withServer(command.command('propose').argument('<login>'))
    .description('propose an account; a second person confirms it')
    .requiredOption('--name <text>', 'the name of the person')
    .requiredOption('--department <slug>', 'the one department for which the person acts')
    .requiredOption('--role <role...>', 'such as department-operator')
    .action((login: string, { name, department, role, ...options }: ProposeOptions) =>
      change(options, '', JSON.stringify({ login, name, department, roles: role })),
    );
  withServer(command.command('import').argument('<file>'))
    .description('propose all accounts of a CSV file (login, name, department, roles): first a dry run')
    .option('--apply', 'propose them; without it nothing is changed')
    .action(importPeople);
  withServer(command.command('roles').argument('<login>').argument('<role...>'))
    .description('propose other roles')
    .action((login: string, roles: string[], options: ActingOptions) =>
      change(options, `/${login}/roles`, JSON.stringify({ roles })),
    );
  for (const [verb, description] of VERBS)
    withServer(command.command(verb).argument('<login>'))
      .description(description)
      .action((login: string, options: ActingOptions) => change(options, `/${login}/${verb}`));
  withServer(command.command('confirm').argument('<login>'))
    .description('confirm what is proposed; prints the link of an invitation once')
    .action(confirm);
  return command;
}

const VERBS = [
  ['invite-again', 'propose another invitation, after a lost password or device'],
  ['refuse', 'refuse what is proposed'],
  ['disable', 'close an account at once'],
] as const;

async function list(options: ActingOptions): Promise<void> {
  const { data } = expectSuccess(await callPlatform(options, 'GET', PATH), Type.Object({ data: Type.Array(person) }));
  const rows = data.map((each) => [each.login, each.name, each.department, each.roles.join(' '), stateOf(each)]);
  print(options, data, tableOf([['login', 'name', 'department', 'roles', 'status'], ...rows]));
}

async function importPeople(file: string, { apply, ...options }: ActingOptions & { apply?: boolean }): Promise<void> {
  const people = peopleFromCsv(file);
  const body = JSON.stringify({ people, dryRun: apply !== true });
  expectSuccess(await callPlatform(options, 'POST', `${PATH}/import`, body), Type.Object({}));
  const said = apply === true ? 'proposed: a second person confirms each' : 'could be proposed: --apply does it';
  print(options, { people: people.length, proposed: apply === true }, `${people.length} accounts ${said}.`);
}

async function change(options: ActingOptions, path: string, body?: string): Promise<void> {
  const { data } = expectSuccess(await callPlatform(options, 'POST', PATH + path, body), one);
  print(options, data, `${data.login}: ${stateOf(data)}`);
}

async function confirm(login: string, options: ActingOptions): Promise<void> {
  const { data, invitation } = expectSuccess(await callPlatform(options, 'POST', `${PATH}/${login}/confirm`), decided);
  const link =
    invitation === undefined
      ? ''
      : `\nGive this link to ${data.name} yourself; it works once, until ${invitation.expiresAt}:\n  ${invitation.link}`;
  print(options, { ...data, invitation }, `${data.login}: ${stateOf(data)}${link}`);
}

function stateOf({ status, pending }: Static<typeof person>): string {
  return pending === null ? status : `${status}, ${pending.change} proposed by ${pending.by}`;
}
