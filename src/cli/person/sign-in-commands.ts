import { Command } from 'commander';
import Type from 'typebox';
import { send } from '../../client/http.js';
import { discover, expectSuccess, findServer } from '../client.js';
import { CommandError, EXIT } from '../exit-code.js';
import { print } from '../output.js';
import { forgetSignedIn, readSignedIn, type SignedIn, writeSignedIn } from './credentials.js';
import { keptOf, signInByBrowser, tokenOf } from './tokens.js';

interface SignInOptions {
  server?: string;
  dataDir?: string;
  json?: boolean;
}

const account = Type.Object({
  data: Type.Object({
    login: Type.String(),
    name: Type.String(),
    department: Type.String(),
    roles: Type.Array(Type.String()),
    operations: Type.Array(Type.String()),
  }),
});

/** `exchange login`: commands then act as the person. */
export function loginCommand(): Command {
  return new Command('login')
    .description('sign in as a person, in a browser; other commands then act as that person')
    .option('--server <url>', 'the exchange (default: the one that runs here)')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print the account as JSON')
    .action(async (options: SignInOptions) => {
      const baseUrl = (options.server ?? findServer(options.dataDir).baseUrl).replace(/\/$/, '');
      const { issuer } = await discover(baseUrl);
      const tokens = await signInByBrowser({ baseUrl, issuer }, (url) =>
        process.stderr.write(`Open this address in a browser:\n\n  ${url}\n\n`),
      );
      const kept = keptOf(tokens, { server: baseUrl, issuer, login: '' });
      const { data } = await accountOf(kept);
      writeSignedIn({ ...kept, login: data.login });
      print(options, data, `Signed in as ${data.name} (${data.login}).`);
    });
}

/** `exchange whoami`: the account, and what its roles allow. */
export function whoamiCommand(): Command {
  return new Command('whoami')
    .description('the person who is signed in, and what the roles allow')
    .option('--json', 'print the account as JSON')
    .action(async (options: { json?: boolean }) => {
      const { data } = await accountOf(requireSignedIn());
      const { name, login, department, roles, operations } = data;
      print(options, data, `${name} (${login}), ${department}: ${roles.join(', ')}\n${operations.join(' ')}`);
    });
}

/** `exchange logout`: its tokens open nothing any more. */
export function logoutCommand(): Command {
  return new Command('logout')
    .description('sign out here, or everywhere')
    .option('--everywhere', 'end all sessions of the person')
    .option('--json', 'print {signedOut} as JSON')
    .action(async (options: { everywhere?: boolean; json?: boolean }) => {
      const signedIn = requireSignedIn();
      const query = options.everywhere === true ? '?everywhere=true' : '';
      const authorization = `Bearer ${await tokenOf(signedIn)}`;
      const sending = { method: 'DELETE', headers: { authorization }, body: '' };
      const { status } = await send(`${signedIn.server}/api/v1/me/sessions${query}`, sending);
      forgetSignedIn();
      const isEnded = status === 204 || status === 401; // one that had ended is over too
      if (!isEnded) throw new CommandError(EXIT.refused, `The server did not end the session (${status}).`);
      print(options, { signedOut: signedIn.login }, `${signedIn.login} is signed out.`);
    });
}

async function accountOf(signedIn: SignedIn) {
  const authorization = `Bearer ${await tokenOf(signedIn)}`;
  return expectSuccess(
    await send(`${signedIn.server}/api/v1/me`, { method: 'GET', headers: { authorization }, body: '' }),
    account,
  );
}

function requireSignedIn(): SignedIn {
  const found = readSignedIn();
  if (found === undefined) throw new CommandError(EXIT.refused, 'Nobody is signed in: exchange login.');
  return found;
}
