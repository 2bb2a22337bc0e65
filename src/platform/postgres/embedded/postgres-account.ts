import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { SettingError } from '../../errors.js';
import { processes } from './processes.js';
import { waitFor } from './wait-for.js';

/** The user that PostgreSQL runs as, because it refuses root. Empty where we are not root: then it runs as we do. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/** The whole environment of our child processes: nothing inherited can change PostgreSQL (PGDATA, PGOPTIONS, locale …). */
export const POSTGRES_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** First argument of every shell that runs as the account, so that its processes are known as ours. */
export const OUR_SHELL = 'exchange-postgres';

const SETTING = 'EXCHANGE_POSTGRES_USER';
const OWN_ACCOUNT = 'civic-exchange-db';
const MAKING_MS = 10_000;

interface Entry {
  uid: number;
  gid: number;
  shell: string;
}

/**
 * Finds the account of root's PostgreSQL: `given` by the operator, else `civic-exchange-db`, made where absent. It has to be PostgreSQL's alone: a
 * program that shares it is superuser of the database. Throws SettingError with what to do.
 */
export async function postgresAccount(given: string | undefined): Promise<Account> {
  const entry = given === undefined ? undefined : findAccount(given);
  if (given !== undefined && entry === undefined)
    throw new SettingError(SETTING, 'no account of this machine has this name');
  const ourselves = process.getuid?.();
  if (ourselves !== 0) {
    if (entry === undefined || entry.uid === ourselves) return {};
    throw new SettingError(SETTING, 'only root can run PostgreSQL as another user');
  }
  const account = entry ?? findAccount(OWN_ACCOUNT) ?? (await makeAccount());
  const fault = sharing(account) ?? (entry && runsElse(account.uid));
  if (fault === undefined) return { uid: account.uid, gid: account.gid };
  throw new SettingError(SETTING, `the account ${fault}: name one for PostgreSQL alone (useradd --system NAME)`);
}

/** From `/etc/passwd`, else from the name services of the machine (LDAP, SSSD). */
function findAccount(name: string): Entry | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = lines.find((each) => each.startsWith(`${name}:`)) ?? run('getent', ['passwd', '--', name]).stdout ?? '';
  const [found, , uid, gid, , , shell = ''] = line.trim().split(':');
  return found === name && uid && gid ? { uid: Number(uid), gid: Number(gid), shell } : undefined;
}

function run(command: string, args: readonly string[]) {
  const PATH = `/usr/local/sbin:/usr/sbin:/sbin:${POSTGRES_ENVIRONMENT.PATH}`;
  return spawnSync(command, args, { cwd: '/', env: { ...POSTGRES_ENVIRONMENT, PATH }, encoding: 'utf8' });
}

/** Of several starts at once one makes the account; useradd refuses the others, which then find it. */
async function makeAccount(): Promise<Entry> {
  const flags = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  const more = ['--shell', '/usr/sbin/nologin', '--comment', 'PostgreSQL of Civic Exchange'];
  let found: Entry | undefined;
  let reason = '';
  await waitFor(() => {
    const made = run('useradd', [...flags, ...more, OWN_ACCOUNT]);
    found = findAccount(OWN_ACCOUNT);
    reason = made.error ? 'there is no useradd here' : made.stderr.trim();
    return found !== undefined || made.error !== undefined;
  }, MAKING_MS);
  if (found) return found;
  const remedy = 'name an account for PostgreSQL alone, start as another user than root, or set DATABASE_URL';
  throw new SettingError(SETTING, `as root PostgreSQL needs an account, which cannot be made (${reason}): ${remedy}`);
}

/** Debian Policy 9.2.2: the same software has the numbers below 100 on every machine; 65534 and 65535 mean nobody. */
function sharing({ uid, gid, shell }: Entry): string | undefined {
  if (uid === 0 || gid === 0) return 'is that of root';
  if ([uid, gid].some((id) => id < 100 || id === 65_534 || id === 65_535)) return 'is shared with other software';
  return uid >= 1_000 && !/\/(nologin|false)$/.test(shell) ? 'can log in' : undefined;
}

/** Only Linux shows it. */
function runsElse(uid: number): string | undefined {
  const others = processes().filter(
    ({ owner, executable, commandLine }) =>
      owner === uid && !executable.includes('/native/bin/') && !commandLine.includes(`\0${OUR_SHELL}\0`),
  );
  return others.length > 0 ? 'runs other programs' : undefined;
}
