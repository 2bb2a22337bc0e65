import { hash } from 'node:crypto';

/** Watches which columns, alone or together, have no value twice. */
export interface UniqueColumns {
  take(cells: readonly string[]): void;
  /** Undefined where these columns are not watched, or where there was no more room to watch them. */
  isUnique(columns: readonly number[]): boolean | undefined;
}

/** Values held over all groups, as hashes: some 40 MB at most. A group that repeats a value gives its own back. */
const HASHES_AT_MOST = 1_000_000;

interface Group {
  columns: readonly number[];
  state: 'unique' | 'repeated' | 'unwatched';
  seen: Set<number>;
}

/** Holds hashes, never values. */
export function uniqueColumns(groups: readonly (readonly number[])[]): UniqueColumns {
  const watched = new Map<string, Group>();
  for (const columns of groups) watched.set(columns.join(), { columns, state: 'unique', seen: new Set() });
  const open = new Set(watched.values());
  let held = 0;
  const end = (group: Group, state: Group['state']) => {
    held -= group.seen.size;
    group.seen = new Set();
    group.state = state;
    open.delete(group);
  };
  return {
    take(cells) {
      for (const group of open) {
        const parts = group.columns.map((column) => cells[column] ?? '');
        const digest = hashOf(parts);
        if (parts.includes('') || group.seen.has(digest)) end(group, 'repeated');
        else if (held >= HASHES_AT_MOST) end(group, 'unwatched');
        else {
          group.seen.add(digest);
          held++;
        }
      }
    },
    isUnique(columns) {
      const state = watched.get(columns.join())?.state;
      return state === undefined || state === 'unwatched' ? undefined : state === 'unique';
    },
  };
}

/** 52 bits: among 100,000 values two share a hash with a chance of one in a million. */
function hashOf(parts: readonly string[]): number {
  return Number.parseInt(hash('sha1', parts.join('\0'), 'hex').slice(0, 13), 16);
}
