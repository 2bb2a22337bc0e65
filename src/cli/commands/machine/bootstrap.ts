import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { Command } from 'commander';
import { calculateJwkThumbprint } from 'jose';
import type { ApplicationDraft } from '../../../access/identity/check-application.js';
import type { By, ChangeDependencies } from '../../../access/policy/change-policy.js';
import { demoFilePath } from '../../../client/demo-file.js';
import { publicPart } from '../../../client/new-key.js';
import { systemClock } from '../../../platform/clock.js';
import { type Config, loadConfig } from '../../../platform/config.js';
import { CommandError, EXIT } from '../../exit-code.js';
import { keyFile } from '../../key-file.js';
import { print } from '../../output.js';
import { readDocument } from '../../read-document.js';

/** Opens keys, database, log and policy of this machine for the work, whether a node runs or not. */
export type ActOnMachine = <T>(config: Config, work: (acting: ChangeDependencies) => Promise<T>) => Promise<T>;

interface BootstrapOptions {
  clientId: string;
  title: string;
  department: string;
  key?: string;
  publicKey?: string;
  again?: boolean;
  dataDir?: string;
  databaseUrl?: string;
  postgresUser?: string;
  json?: boolean;
}

/** `exchange bootstrap`: the first operator of an installation, or a new key for an operator whose key is lost. */
export function bootstrapCommand(actOnMachine: ActOnMachine): Command {
  return new Command('bootstrap')
    .description('register the first operator: once, on the machine itself, whether the exchange runs or not')
    .option('--key <file>', 'write its private JWK there (mode 0600); a key that is there already is used')
    .option('--public-key <file>', 'register this public JWK instead; its private half is elsewhere')
    .option('--client-id <id>', 'client id of the operator', 'operator-app')
    .option('--title <text>', 'its title', '平台运维')
    .option('--department <slug>', 'its department', 'exchange')
    .option('--again', 'the key of this operator is lost: revoke it and register a new one')
    .option('--data-dir <dir>', 'where everything is kept (default .exchange)')
    .option('--database-url <url>', 'a PostgreSQL instead of the embedded one')
    .option('--postgres-user <name>', "as root: the embedded PostgreSQL's account")
    .option('--json', 'print {clientId, kid, entry, key} as JSON')
    .action((options: BootstrapOptions) => bootstrap(actOnMachine, options));
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
    const { receipt } = await register(acting, { ...draft, jwks: { keys: [key] } }, byAccount());
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

/** Who acts is the account of the system, on this host; a client id has no space in it. */
function byAccount(): By {
  const actor = {
    issuer: `host:${hostname()}`,
    subject: userInfo().username,
    application: 'exchange bootstrap',
    department: 'exchange',
  };
  return { actor, request: systemClock.uuid() };
}
