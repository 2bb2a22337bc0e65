import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bad, type Finding, ok, warn } from './finding.js';

/** Modes and owners of the keys in the data directory, and of those that settings name. */
export function checkKeys(dataDir: string, given: readonly (string | undefined)[]): Finding {
  const directory = join(dataDir, 'keys');
  if (!existsSync(directory)) {
    return warn('keys', 'There are no keys yet: the first start makes them.', '尚无密钥：首次启动时生成。');
  }
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
  const elsewhere = given.filter((path) => path !== undefined);
  const missing = elsewhere.find((path) => !existsSync(path));
  if (missing !== undefined) return bad('keys', `The key ${missing} is not there.`, `密钥 ${missing} 不存在。`);
  const open = [directory, ...files, ...elsewhere].find((path) => (statSync(path).mode & 0o077) !== 0);
  if (open !== undefined) {
    return bad(
      'keys',
      `Others may read ${open}: chmod go-rwx ${open}`,
      `其他账户可读 ${open}：请执行 chmod go-rwx ${open}`,
    );
  }
  const own = process.getuid?.();
  const foreign = [directory, ...files].find((path) => own !== undefined && statSync(path).uid !== own);
  if (foreign !== undefined) {
    return bad(
      'keys',
      `${foreign} belongs to another account: run as that account.`,
      `${foreign} 属于其他账户：请以该账户运行。`,
    );
  }
  return ok(
    'keys',
    `${files.length} files of keys, readable by this account only`,
    `${files.length} 个密钥文件，仅本账户可读`,
  );
}
