import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { bad, type Finding, ok, warn } from './finding.js';

const GIB = 1024 ** 3;

/** `version` as in `process.versions.node`. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', `Node ${version}`, `Node ${version}`);
  return bad(
    'node',
    `Node ${version} is too old: install 20.19 or newer.`,
    `Node ${version} 过旧：请安装 20.19 或更新版本。`,
  );
}

export function checkDataDirectory(dataDir: string): Finding {
  if (!existsSync(dataDir)) {
    return warn(
      'data-directory',
      `${dataDir} is not there yet: the first start or exchange bootstrap makes it.`,
      `${dataDir} 尚不存在：首次启动或 exchange bootstrap 会创建。`,
    );
  }
  const { mode, uid } = statSync(dataDir);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own) {
    return bad(
      'data-directory',
      `${dataDir} belongs to another account (uid ${uid}): run as that account.`,
      `${dataDir} 属于其他账户（uid ${uid}）：请以该账户运行。`,
    );
  }
  if ((mode & 0o022) !== 0) {
    return bad(
      'data-directory',
      `Others may write ${dataDir}: chmod go-w ${dataDir}`,
      `其他账户可写 ${dataDir}：请执行 chmod go-w ${dataDir}`,
    );
  }
  return ok('data-directory', `data directory ${dataDir}`, `数据目录 ${dataDir}`);
}

/** Free space of the file system, for an account that is not root. */
export function checkDisk(dataDir: string, read: typeof statfsSync = statfsSync): Finding {
  if (!existsSync(dataDir)) return warn('disk', 'Disk space is not known yet.', '尚不知磁盘空间。');
  const { bavail, blocks, bsize } = read(dataDir);
  const free = bavail * bsize;
  const said = `${(free / GIB).toFixed(1)} GiB`;
  const share = bavail / blocks;
  if (free < GIB || share < 0.02) {
    return bad(
      'disk',
      `Only ${said} are free: deliveries and the log will stop. Free or add space now.`,
      `仅剩 ${said}：归集与审计日志将停止，请立即清理或扩容。`,
    );
  }
  if (free < 10 * GIB || share < 0.1) {
    return warn(
      'disk',
      `${said} are free: add space, or lower EXCHANGE_KEEP_….`,
      `剩余 ${said}：请扩容，或缩短 EXCHANGE_KEEP_… 的保留期限。`,
    );
  }
  return ok('disk', `${said} free`, `剩余 ${said}`);
}

/** Checks the limit of open files of the process `pid`: the node that runs, or this command. */
export function checkOpenFiles(pid: number): Finding {
  const path = `/proc/${pid}/limits`;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [, limit] = /^Max open files\s+(\S+)/m.exec(text) ?? [];
  if (limit === undefined)
    return ok('open-files', 'The limit of open files is not known here.', '此系统不提供文件数上限。');
  const files = limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
  if (files >= 4_096) return ok('open-files', `${limit} open files`, `文件数上限 ${limit}`);
  const level = files < 1_024 ? bad : warn;
  return level(
    'open-files',
    `At most ${limit} files may be open: set LimitNOFILE=65536 in the unit, or ulimit -n 65536.`,
    `最多打开 ${limit} 个文件：请在服务单元中设置 LimitNOFILE=65536，或 ulimit -n 65536。`,
  );
}
