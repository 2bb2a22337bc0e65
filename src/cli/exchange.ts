import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../platform/paths.js';
import type { DemoFiles } from './commands/demo.js';
import type { BackUpMachine } from './commands/machine/backup.js';
import type { OnMachine } from './commands/machine/doctor.js';
import type { MigrateMachine } from './commands/machine/migrate.js';
import type { ActOnMachine, AtLog } from './commands/machine/on-this-machine.js';
import type { RestoreMachine } from './commands/machine/restore.js';
import type { StartExchange } from './commands/machine/start.js';
import type { RenderOpenapi } from './commands/openapi.js';
import { describeFailure, EXIT, EXIT_HELP } from './exit-code.js';

/** Functions of the server that commands need: the command line imports no server (`src/main.ts` connects them). */
export interface Commands {
  startExchange: StartExchange;
  renderOpenapi: RenderOpenapi;
  demoFiles: DemoFiles;
  actOnMachine: ActOnMachine;
  atLog: AtLog;
  migrateMachine: MigrateMachine;
  onMachine: OnMachine;
  backUp: BackUpMachine;
  restore: RestoreMachine;
}

/** Runs one command line. Sets the exit code; prints one clear line for a failure, never a stack. */
export async function runCommand(argv: readonly string[], commands: Commands): Promise<void> {
  try {
    const program = await exchangeCommand(commands, argv[2]);
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      return;
    }
    const { exitCode, message } = describeFailure(error);
    const asJson = argv.includes('--json');
    process.stderr.write(asJson ? `${JSON.stringify({ error: message, exitCode })}\n` : `exchange: ${message}\n`);
    process.exitCode = exitCode;
  }
}

type Load = (given: Commands) => Promise<Command>;

/** By name, in the order of the help. The one that is named is loaded alone: loading all takes longer than most of them run. */
const COMMANDS: Readonly<Record<string, Load>> = {
  start: async ({ startExchange }) => (await import('./commands/machine/start.js')).startCommand(startExchange),
  bootstrap: async ({ actOnMachine }) =>
    (await import('./commands/machine/bootstrap.js')).bootstrapCommand(actOnMachine),
  doctor: async ({ onMachine }) => (await import('./commands/machine/doctor.js')).doctorCommand(onMachine),
  migrate: async ({ migrateMachine }) => (await import('./commands/machine/migrate.js')).migrateCommand(migrateMachine),
  backup: async ({ backUp }) => (await import('./commands/machine/backup.js')).backupCommand(backUp),
  restore: async ({ restore }) => (await import('./commands/machine/restore.js')).restoreCommand(restore),
  catalog: catalogCommand,
  deliver: async () => (await import('./commands/deliver.js')).deliverCommand(),
  quality: async () => (await import('./commands/quality.js')).qualityCommand(),
  pack: async () => (await import('./packages/pack.js')).packCommand(),
  unpack: async () => (await import('./packages/unpack.js')).unpackCommand(),
  package: async () => (await import('./packages/unpack.js')).packageCommand(),
  login: async () => (await import('./person/sign-in-commands.js')).loginCommand(),
  whoami: async () => (await import('./person/sign-in-commands.js')).whoamiCommand(),
  logout: async () => (await import('./person/sign-in-commands.js')).logoutCommand(),
  person: async () => (await import('./person/person-command.js')).personCommand(),
  token: async () => (await import('./commands/token.js')).tokenCommand(),
  application: async () => (await import('./commands/application.js')).applicationCommand(),
  grant: async () => (await import('./commands/grant.js')).grantCommand(),
  upstream: async () => (await import('./commands/upstream.js')).upstreamCommand(),
  source: async () => (await import('./commands/source.js')).sourceCommand(),
  standard: async () => (await import('./commands/standard.js')).standardCommand(),
  calendar: async () => (await import('./workflow/calendar.js')).calendarCommand(),
  openapi: async ({ renderOpenapi }) => (await import('./commands/openapi.js')).openapiCommand(renderOpenapi),
  audit: auditWithOrigin,
  config: async () => (await import('./commands/machine/config.js')).configCommand(),
  demo: async ({ demoFiles }) => (await import('./commands/demo.js')).demoCommand(demoFiles),
};

async function catalogCommand(): Promise<Command> {
  const catalog = new Command('catalog').description('draft, check, publish and export contracts');
  (await import('./commands/catalog/check.js')).addCatalogCheck(catalog);
  (await import('./commands/catalog/apply.js')).addCatalogApply(catalog);
  (await import('./commands/catalog/draft.js')).addCatalogDraft(catalog);
  (await import('./commands/catalog/export.js')).addCatalogExport(catalog);
  (await import('./commands/catalog/import.js')).addCatalogImport(catalog);
  return catalog;
}

async function auditWithOrigin({ atLog, actOnMachine }: Commands): Promise<Command> {
  const audit = (await import('./commands/audit.js')).auditCommand();
  (await import('./commands/machine/origin.js')).addOriginCommands(audit, atLog, actOnMachine);
  return audit;
}

/** The help, and a name that is none, need all. */
async function exchangeCommand(given: Commands, name = ''): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const program = new Command('exchange')
    .description('Civic Exchange: one catalog, two doors, provable access.')
    .version(version)
    .addHelpText('after', EXIT_HELP);
  const named = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  for (const load of named ? [named] : Object.values(COMMANDS)) program.addCommand(await load(given));
  throwInsteadOfExit(program);
  return program;
}

/** commander would end the process with an exit code of its own. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(see exchange --help)');
  for (const inner of command.commands) throwInsteadOfExit(inner);
}
