import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../platform/paths.js';
import { applicationCommand } from './commands/application.js';
import { auditCommand } from './commands/audit.js';
import { addCatalogApply } from './commands/catalog-apply.js';
import { addCatalogCheck } from './commands/catalog-check.js';
import { deliverCommand } from './commands/deliver.js';
import { type DemoFiles, demoCommand } from './commands/demo.js';
import { grantCommand } from './commands/grant.js';
import { type BackUpMachine, backupCommand } from './commands/machine/backup.js';
import { bootstrapCommand } from './commands/machine/bootstrap.js';
import { configCommand } from './commands/machine/config.js';
import { doctorCommand, type OnMachine } from './commands/machine/doctor.js';
import { type MigrateMachine, migrateCommand } from './commands/machine/migrate.js';
import type { ActOnMachine, AtLog } from './commands/machine/on-this-machine.js';
import { addOriginCommands } from './commands/machine/origin.js';
import { type RestoreMachine, restoreCommand } from './commands/machine/restore.js';
import { type StartExchange, startCommand } from './commands/machine/start.js';
import { openapiCommand, type RenderOpenapi } from './commands/openapi.js';
import { qualityCommand } from './commands/quality.js';
import { sourceCommand } from './commands/source.js';
import { standardCommand } from './commands/standard.js';
import { tokenCommand } from './commands/token.js';
import { upstreamCommand } from './commands/upstream.js';
import { describeFailure, EXIT, EXIT_HELP } from './exit-code.js';
import { packCommand } from './packages/pack.js';
import { packageCommand, unpackCommand } from './packages/unpack.js';

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
    await exchangeCommand(commands).parseAsync([...argv]);
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

function exchangeCommand(given: Commands): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const program = new Command('exchange')
    .description('Civic Exchange: one catalog, two doors, provable access.')
    .version(version)
    .addHelpText('after', EXIT_HELP);
  const catalog = new Command('catalog').description('check and publish contracts');
  addCatalogCheck(catalog);
  addCatalogApply(catalog);
  const audit = auditCommand();
  addOriginCommands(audit, given.atLog, given.actOnMachine);
  const commands = [
    startCommand(given.startExchange),
    bootstrapCommand(given.actOnMachine),
    doctorCommand(given.onMachine),
    migrateCommand(given.migrateMachine),
    backupCommand(given.backUp),
    restoreCommand(given.restore),
    catalog,
    deliverCommand(),
    qualityCommand(),
    packCommand(),
    unpackCommand(),
    packageCommand(),
    tokenCommand(),
    applicationCommand(),
    grantCommand(),
    upstreamCommand(),
    sourceCommand(),
    standardCommand(),
    openapiCommand(given.renderOpenapi),
    audit,
    configCommand(),
    demoCommand(given.demoFiles),
  ];
  for (const command of commands) program.addCommand(command);
  throwInsteadOfExit(program);
  return program;
}

/** commander would end the process with an exit code of its own. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(see exchange --help)');
  for (const inner of command.commands) throwInsteadOfExit(inner);
}
