import { type Config, loadConfig, ownUrl } from '../../../platform/config.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { print } from '../../output.js';
import { byAccount } from './by-account.js';
import type { ActOnMachine, MachineOptions } from './on-this-machine.js';

export interface BootstrapPersonOptions extends MachineOptions {
  person?: string;
  name?: string;
  department: string;
  recover?: boolean;
  confirm?: string;
}

/**
 * People on the machine itself, each once there is nobody else to decide: the first security administrator, another invitation for the last one, and
 * the second person of a proposal. Prints the link of the invitation.
 */
export async function bootstrapPerson(actOnMachine: ActOnMachine, options: BootstrapPersonOptions): Promise<void> {
  const { dataDir, databaseUrl, postgresUser, person, name, department, confirm, recover } = options;
  const login = confirm ?? person;
  if (login === undefined) throw new CommandError(EXIT.usage, 'Name the person by --person or --confirm.');
  if (confirm === undefined && recover !== true && name === undefined)
    throw new CommandError(EXIT.usage, 'Give the name of the person by --name.');
  const config = loadConfig({ dataDir, databaseUrl, postgresUser });
  const { registerFirstAdministrator, recoverAdministrator } = await import(
    '../../../access/people/first-administrator.js'
  );
  const { decideProposal } = await import('../../../access/people/change-person.js');
  const { openInvitation } = await import('../../../access/sign-in/invitation.js');
  const { signInSecrets } = await import('../../../access/sign-in/secrets.js');
  const done = await actOnMachine(config, async (acting) => {
    const by = byAccount('exchange bootstrap');
    const changed =
      confirm !== undefined
        ? await decideProposal(acting, { login, confirm: true, second: undefined }, by)
        : recover === true
          ? await recoverAdministrator(acting, login, by)
          : await registerFirstAdministrator(acting, { login, name: name ?? '', department }, by);
    const secrets = signInSecrets(acting);
    const isInvited = changed.person.status === 'invited';
    const invitation = isInvited
      ? await openInvitation({ ...acting, secrets }, login, addressOf(config, acting.running))
      : undefined;
    return { login, status: changed.person.status, entry: changed.receipt.index, invitation };
  });
  const link =
    done.invitation === undefined
      ? ''
      : ` Open this link in a browser; it works once, until ${done.invitation.expiresAt}:\n  ${done.invitation.link}`;
  print(options, done, `${login} is ${done.status} (entry ${done.entry}).${link}`);
}

/** Where the link leads: to the public URL where one is set, else to the node that runs here. */
function addressOf({ publicUrl, host, port }: Config, running: { baseUrl: string } | undefined): string {
  return publicUrl === ownUrl(host, port) ? (running?.baseUrl ?? publicUrl) : publicUrl;
}
