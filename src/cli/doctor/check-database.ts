import { MIGRATION_NAMES } from '../../platform/postgres/migrate.js';
import type { ServerFacts } from '../../platform/postgres/server-facts.js';
import { bad, type Finding, ok, warn } from './finding.js';

/** As the log refuses to be written: a later entry would carry the wrong time. */
const APART_BAD_MS = 5_000;
const APART_WARN_MS = 1_000;

/** Every finding about the server. `now` is this machine's clock, ms since the epoch. */
export function checkDatabase(facts: ServerFacts, now: number): Finding[] {
  return [server(facts), clock(facts.now - now), durability(facts), rights(facts), tables(facts), operator(facts)];
}

function server({ version, refusal }: ServerFacts): Finding {
  if (refusal === undefined) return ok('postgres', `PostgreSQL ${version}`, `PostgreSQL ${version}`);
  return bad('postgres', refusal, `平台不能使用此 PostgreSQL：${refusal}`);
}

function clock(apartMs: number): Finding {
  const seconds = (Math.abs(apartMs) / 1_000).toFixed(1);
  if (Math.abs(apartMs) < APART_WARN_MS) {
    return ok('clock', 'The clocks of this machine and of the database agree.', '本机与数据库时钟一致。');
  }
  const level = Math.abs(apartMs) >= APART_BAD_MS ? bad : warn;
  return level(
    'clock',
    `The clocks of this machine and of the database are ${seconds} s apart: synchronise both (chronyc tracking).`,
    `本机与数据库时钟相差 ${seconds} 秒：请为两者校时（chronyc tracking）。`,
  );
}

function durability({ durabilityFault }: ServerFacts): Finding {
  if (durabilityFault === undefined) {
    return ok('durability', 'A commit is on disk before it is answered.', '提交落盘后才应答。');
  }
  return bad('durability', `${durabilityFault}`, `PostgreSQL 可能丢失已提交的记录，请修改设置：${durabilityFault}`);
}

function rights({ user, mayCreateRoles, migrations }: ServerFacts): Finding {
  if (mayCreateRoles || migrations !== undefined)
    return ok('rights', `The user ${user} has what it needs.`, `用户 ${user} 权限足够。`);
  return bad(
    'rights',
    `The user ${user} may not create roles: ALTER ROLE ${user} CREATEROLE`,
    `用户 ${user} 无权创建角色：ALTER ROLE ${user} CREATEROLE`,
  );
}

function tables({ migrations }: ServerFacts): Finding {
  if (migrations === undefined) {
    return warn('tables', 'There are no tables yet: the first start makes them.', '尚无数据表：首次启动时创建。');
  }
  const newer = migrations.filter((name) => !MIGRATION_NAMES.includes(name));
  if (newer.length > 0) {
    return bad(
      'tables',
      `The tables are those of a newer version (${newer.join(', ')}): install that version.`,
      `数据表属于更新的版本（${newer.join(', ')}）：请安装该版本。`,
    );
  }
  const pending = MIGRATION_NAMES.filter((name) => !migrations.includes(name));
  if (pending.length > 0) {
    return warn(
      'tables',
      `The next start brings the tables up to date: ${pending.join(', ')}.`,
      `下次启动将更新数据表：${pending.join(', ')}。`,
    );
  }
  return ok('tables', 'The tables are up to date.', '数据表为最新。');
}

function operator({ hasOperator }: ServerFacts): Finding {
  if (hasOperator) return ok('operator', 'There is an operator.', '已有运维应用。');
  return warn(
    'operator',
    'There is no operator: exchange bootstrap --key <file>',
    '尚无运维应用：exchange bootstrap --key <文件>',
  );
}
