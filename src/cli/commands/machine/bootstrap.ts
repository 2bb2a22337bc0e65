import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { calculateJwkThumbprint } from 'jose';
import type { ApplicationDraft } from '../../../access/identity/check-application.js';
import { demoFilePath } from '../../../client/demo-file.js';
import { publicPart } from '../../../client/new-key.js';
import { loadConfig } from '../../../platform/config.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { keyFile } from '../../key-file.js';
import { print } from '../../output.js';
import { readDocument } from '../../read-document.js';
import { type BootstrapPersonOptions, bootstrapPerson } from './bootstrap-person.js';
import { byAccount } from './by-account.js';
import { type ActOnMachine, onThisMachine } from './on-this-machine.js';

interface BootstrapOptions extends BootstrapPersonOptions {
  clientId: string;
  title: string;
  key?: string;
  publicKey?: string;
  again?: boolean;
}

/** `exchange bootstrap`: the first operator and the first security administrator of an installation, and what only the machine can do later. */
export function bootstrapCommand(actOnMachine: ActOnMachine): Command {
  return onThisMachine(new Command('bootstrap'), '{clientId, kid, entry, key} as JSON')
    .description(
      'register the first operator or security administrator: once, on the machine itself, whether the exchange runs or not',
    )
    .option('--key <file>', 'write its private JWK there (mode 0600); a key that is there already is used')
    .option('--public-key <file>', 'register this public JWK instead; its private half is elsewhere')
    .option('--client-id <id>', 'client id of the operator', 'operator-app')
    .option('--title <text>', 'its title', '平台运维')
    .option('--department <slug>', 'its department', 'exchange')
    .option('--again', 'the key of this operator is lost: revoke it and register a new one')
    .option('--person <login>', 'register the first security administrator instead, and print the link to enrol')
    .option('--name <text>', 'the name of the person')
    .option('--recover', 'the last security administrator lost password or device: print another link for --person')
    .option('--confirm <login>', 'be the second person of a proposal, where nobody else can')
    .action((options: BootstrapOptions) =>
      options.person === undefined && options.confirm === undefined
        ? bootstrap(actOnMachine, options)
        : bootstrapPerson(actOnMachine, options),
    );
}

async function bootstrap(actOnMachine: ActOnMachine, options: BootstrapOptions): Promise<void> {
  if ((options.key === undefined) === (options.publicKey === undefined)) {
    throw new CommandError(EXIT.usage, 'Give --key, the file for the private key, or --public-key.');
  }
  const { dataDir, databaseUrl, postgresUser } = options;
  const config = loadConfig({ dataDir, databaseUrl, postgresUser });
  if (existsSync(demoFilePath(config.dataDir))) {
    throw new CommandError(
      EXIT.refused,
      `${config.dataDir} holds a demo, whose keys are known: begin with an empty data directory.`,
    );
  }
  const { refuseSecondOperator, registerFirstOperator, replaceOperatorKey } = await import(
    '../../../access/identity/first-operator.js'
  );
  const done = await actOnMachine(config, async (acting) => {
    if (options.again !== true) refuseSecondOperator(acting.policy.current()); // before a key is written in vain
    const key = await publicKey(options);
    const draft = { clientId: options.clientId, title: options.title, department: options.department };
    const register = options.again === true ? replaceOperatorKey : registerFirstOperator;
    const { receipt } = await register(acting, { ...draft, jwks: { keys: [key] } }, byAccount('exchange bootstrap'));
    return { clientId: options.clientId, kid: key.kid, entry: receipt.index, key: options.key ?? null };
  });
  const what = options.again === true ? 'has a new key, and no other' : 'is the first operator';
  const where = options.key === undefined ? '' : ` Its private key is in ${options.key}: nobody else has it, keep it.`;
  print(options, done, `${done.clientId} ${what} (entry ${done.entry}).${where}`);
}

type PublicJwk = ApplicationDraft['jwks']['keys'][number];

async function publicKey(options: BootstrapOptions): Promise<PublicJwk> {
  if (options.key !== undefined) return publicPart(await keyFile(options.key));
  const jwk = JSON.parse(readDocument(options.publicKey ?? '')) as Record<string, string>;
  return { ...jwk, kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)) };
}
