import type pg from 'pg';

/** `audit.md`: an acknowledged entry must survive a crash, and a failover where a standby is synchronous. */
export const DURABILITY = ['fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names'] as const;

/** Why the server or session may lose commits, by the settings that it has; undefined where it may not. */
export function durabilityFault(setting: (name: string) => string | undefined): string | undefined {
  const off = DURABILITY.filter((name) => setting(name) === 'off');
  if (off.length > 0) return `PostgreSQL may lose committed entries: ${off.join(', ')} is off.`;
  if (setting('synchronous_commit') === 'local' && setting('synchronous_standby_names') !== '') {
    return 'PostgreSQL may lose committed entries: synchronous_commit is local, but synchronous_standby_names is set.';
  }
  return undefined;
}

export interface DurabilityWatch {
  /** Why nothing may be committed now. */
  fault(): string | undefined;
  close(): void;
}

const WATCH_MS = 2_000;

/** The settings change under an open session when the server reloads its configuration. `onFault` is called while they may lose commits. */
export function watchDurability(pool: pg.Pool, onFault: () => void): DurabilityWatch {
  const text = `SELECT ${DURABILITY.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`;
  let fault: string | undefined;
  const look = async (): Promise<void> => {
    const { rows } = await pool.query<Record<string, string>>(text);
    fault = durabilityFault((name) => rows[0]?.[name]);
    if (fault !== undefined) onFault();
  };
  // A server that is away is reported by those who use it.
  const timer = setInterval(() => void look().catch(() => {}), WATCH_MS).unref();
  return { fault: () => fault, close: () => clearInterval(timer) };
}
