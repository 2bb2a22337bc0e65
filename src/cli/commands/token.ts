import { Command, Option } from 'commander';
import { connect, type Resource } from '../client.js';
import { print } from '../output.js';

interface TokenOptions {
  resource: Resource;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

/** `exchange token grid-app` prints an access token and nothing else. */
export function tokenCommand(): Command {
  return new Command('token')
    .argument('<application>', 'client id, such as grid-app')
    .description('get an access token for an application of the demo, or for one whose key you have')
    .addOption(new Option('--resource <name>', 'whom the token is for').choices(['data', 'platform']).default('data'))
    .option('--key <file>', 'private JWK of the application')
    .option('--data-dir <dir>', 'data directory of the running server')
    .option('--json', 'print {application, resource, token} as JSON')
    .action(async (application: string, options: TokenOptions) => {
      const { token } = await connect({ ...options, application });
      print(options, { application, resource: options.resource, token }, token);
    });
}
