import type { Command } from 'commander';
import Type from 'typebox';
import { Check } from 'typebox/value';
import type { SuspendedList } from '../../../access/reopening/suspended.js';
import { originOf } from '../../../audit/origin/origin-of.js';
import { loadConfig } from '../../../platform/config.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { print } from '../../output.js';
import { readDocument } from '../../read-document.js';
import { tableOf } from '../../table.js';
import { byAccount } from './by-account.js';
import { type ActOnMachine, type AtLog, type MachineOptions, onThisMachine } from './on-this-machine.js';

/** `exchange audit new-origin|suspended|reopen`: on the machine itself, because a new origin suspends the operators too. */
export function addOriginCommands(audit: Command, atLog: AtLog, actOnMachine: ActOnMachine): void {
  onThisMachine(audit.command('new-origin'), '{number, common, name, lost, setAside} as JSON')
    .description('let a log that was set back go on under a new name; all that grants access is suspended')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--force', 'also where this machine knows of no lost entry')
    .action((options: NewOriginOptions) => begin(atLog, options));
  onThisMachine(audit.command('suspended'), 'the list as JSON')
    .description('list the applications, people, grants and upstreams that a new origin suspended')
    .action((options: MachineOptions) => list(actOnMachine, options));
  onThisMachine(audit.command('reopen').argument('[id...]', 'ids of the list'), '{reopened} as JSON')
    .description('reopen some of them, each by an entry of its own')
    .option('--list <file>', 'all that this list (suspended --json) still has')
    .action((ids: string[], options: ReopenOptions) => reopenListed(actOnMachine, ids, options));
}

interface NewOriginOptions extends MachineOptions {
  reason: string;
  force?: boolean;
}

async function begin(atLog: AtLog, options: NewOriginOptions): Promise<void> {
  const { reason, force = false, json, ...flags } = options;
  if (!/\S/.test(reason) || reason.length > 500) {
    throw new CommandError(EXIT.usage, 'The reason has 1 to 500 characters.');
  }
  const config = loadConfig(flags);
  const { newOrigin } = await import('../../../access/reopening/new-origin.js');
  const begun = await atLog(config, ({ running, ...at }) => {
    if (running !== undefined) throw new CommandError(EXIT.inUse, 'A node runs on this machine: stop it first.');
    const asked = { ...at, base: originOf(config), reason, force };
    return newOrigin(at, asked, byAccount('exchange audit new-origin'));
  });
  print(
    { json },
    begun,
    `The log goes on as ${begun.name} after ${begun.common} entries in common (lost: ${begun.lost}). All that grants access is suspended: exchange audit suspended.`,
  );
}

async function list(actOnMachine: ActOnMachine, { json, ...flags }: MachineOptions): Promise<void> {
  const { suspendedList } = await import('../../../access/reopening/suspended.js');
  const found = await actOnMachine(loadConfig(flags), async ({ policy }) => suspendedList(policy.current()));
  print({ json }, found, lines(found));
}

function lines({ applications, people, grants, upstreams }: SuspendedList): string {
  const rows = [
    ...applications.map(({ id, title, roles }) => ['application', id, title, roles.join(' '), '']),
    ...people.map(({ id, name, roles }) => ['person', id, name, roles.join(' '), '']),
    ...grants.map(({ id, application, dataset, until }) => ['grant', id, application, dataset, until]),
    ...upstreams.map(({ id, host }) => ['upstream', id, host, '', '']),
  ];
  return rows.length === 0 ? 'Nothing is suspended.' : tableOf([['kind', 'id', 'who', 'what', 'until'], ...rows]);
}

interface ReopenOptions extends MachineOptions {
  list?: string;
}

async function reopenListed(actOnMachine: ActOnMachine, ids: string[], options: ReopenOptions): Promise<void> {
  const { list: file, json, ...flags } = options;
  if ((file === undefined) === (ids.length === 0)) throw new CommandError(EXIT.usage, 'Name ids, or give --list.');
  const given = file === undefined ? undefined : readList(file);
  const { reopen } = await import('../../../access/reopening/reopen.js');
  const { suspendedList } = await import('../../../access/reopening/suspended.js');
  const reopened = await actOnMachine(loadConfig(flags), (acting) => {
    const chosen = given ?? chosenOf(suspendedList(acting.policy.current()), ids);
    return reopen(acting, chosen, byAccount('exchange audit reopen'));
  });
  print({ json }, { reopened }, `${reopened} reopened.`);
}

const strings = Type.Array(Type.String());
const listed = Type.Object({
  applications: Type.Array(Type.Object({ id: Type.String(), roles: strings, keys: strings })),
  people: Type.Array(Type.Object({ id: Type.String(), roles: strings })),
  grants: Type.Array(Type.Object({ id: Type.String() })),
  upstreams: Type.Array(Type.Object({ id: Type.String() })),
});

function readList(file: string): Type.Static<typeof listed> {
  const found: unknown = JSON.parse(readDocument(file));
  if (Check(listed, found)) return found;
  throw new CommandError(EXIT.usage, `${file} is no list of exchange audit suspended --json.`);
}

function chosenOf(all: SuspendedList, ids: readonly string[]): SuspendedList {
  const known = new Set([...all.applications, ...all.people, ...all.grants, ...all.upstreams].map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new CommandError(EXIT.refused, `Not suspended: ${unknown.join(', ')}.`);
  const chosen = <T extends { id: string }>(items: T[]) => items.filter(({ id }) => ids.includes(id));
  return {
    applications: chosen(all.applications),
    people: chosen(all.people),
    grants: chosen(all.grants),
    upstreams: chosen(all.upstreams),
  };
}
