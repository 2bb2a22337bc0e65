import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { systemClock } from '../../../platform/clock.js';
import { type Config, loadConfig } from '../../../platform/config.js';
import { type RunningServer, readRun } from '../../../platform/data-directory.js';
import { serverFacts } from '../../../platform/postgres/server-facts.js';
import { checkDatabase } from '../../doctor/check-database.js';
import { checkKeys } from '../../doctor/check-keys.js';
import { checkDataDirectory, checkDisk, checkNode, checkOpenFiles } from '../../doctor/check-machine.js';
import { checkPort, checkPublicUrl } from '../../doctor/check-network.js';
import { bad, type Finding, type Said, warn } from '../../doctor/finding.js';
import { describeFailure, EXIT } from '../../exit-code.js';

/** Finds the database of this machine, and starts the embedded one for the work where no node runs. */
export type OnMachine = <T>(
  config: Config,
  work: (machine: { databaseUrl: string; running: RunningServer | undefined }) => Promise<T>,
) => Promise<T>;

interface DoctorOptions {
  dataDir?: string;
  databaseUrl?: string;
  postgresUser?: string;
  lang?: keyof Said;
  json?: boolean;
}

/** `exchange doctor`: one line for each check. Exit code 1 where one is bad. */
export function doctorCommand(onMachine: OnMachine): Command {
  return new Command('doctor')
    .description('check rights, versions, clocks, keys, disk and network of this machine, and say what to do')
    .option('--data-dir <dir>', 'where everything is kept (default .exchange)')
    .option('--database-url <url>', 'a PostgreSQL instead of the embedded one')
    .option('--postgres-user <name>', "as root: the embedded PostgreSQL's account")
    .addOption(new Option('--lang <language>', "default: the system's language").choices(['zh', 'en']))
    .option('--json', 'print {check, level, said} of each check, one a line')
    .action(async ({ lang, json, ...flags }: DoctorOptions) => {
      const findings = await examine(onMachine, loadConfig(flags));
      const language = lang ?? (Intl.DateTimeFormat().resolvedOptions().locale.startsWith('zh') ? 'zh' : 'en');
      for (const { check, level, said } of findings) {
        const line = json
          ? JSON.stringify({ check, level, said: said[language] })
          : `${level.padEnd(5)}${said[language]}`;
        process.stdout.write(`${line}\n`);
      }
      process.exitCode = findings.some(({ level }) => level === 'bad') ? EXIT.refused : EXIT.done;
    });
}

async function examine(onMachine: OnMachine, config: Config): Promise<Finding[]> {
  const running = existsSync(config.dataDir) ? readRun(config.dataDir) : undefined;
  return [
    checkNode(process.versions.node),
    checkDataDirectory(config.dataDir),
    checkDisk(config.dataDir),
    checkOpenFiles(running?.pid ?? process.pid),
    checkKeys(config.dataDir, Object.values(config.keyFiles)),
    ...(await examineDatabase(onMachine, config)),
    await checkPort(config, running),
    checkPublicUrl(config),
  ];
}

async function examineDatabase(onMachine: OnMachine, config: Config): Promise<Finding[]> {
  if (config.databaseUrl !== undefined) return factsAt(config.databaseUrl);
  if (!existsSync(config.dataDir)) {
    return [
      warn('postgres', 'The embedded PostgreSQL comes with the first start.', '内嵌 PostgreSQL 在首次启动时创建。'),
    ];
  }
  try {
    return await onMachine(config, ({ databaseUrl }) => factsAt(databaseUrl));
  } catch (error) {
    const { message } = describeFailure(error);
    return [bad('postgres', message, `内嵌 PostgreSQL 不可用：${message}`)];
  }
}

async function factsAt(url: string): Promise<Finding[]> {
  try {
    return checkDatabase(await serverFacts(url), systemClock.now());
  } catch (error) {
    const { message } = describeFailure(error);
    return [bad('postgres', message, `数据库不可用，请检查 DATABASE_URL：${message}`)];
  }
}
