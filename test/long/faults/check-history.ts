import { join } from 'node:path';
import type { Test } from 'tap';
import { leafHash } from '../../../src/audit/tree/hash.js';
import { openEntry } from '../../../src/audit/verify/entry.js';
import { run } from '../exchange-child.js';
import type { Seen } from './clients.js';
import type { World } from './world.js';

export interface Figures {
  requests: number;
  answers: number;
  refused: number;
  open: number;
  entries: number;
}

/** Size of the log: what comes later has these indexes and higher ones. */
export async function logSize({ superuser }: World): Promise<number> {
  const { rows } = await superuser.query<{ next: string }>('SELECT coalesce(max(next), 0) AS next FROM audit.batch');
  return Number(rows[0]?.next);
}

/** The statuses that a client may see while something fails. */
const MAY_BE = [200, 401, 429, 503];

/** Returns what does not hold between the answers and the entries from an index on. */
function violationsOf(seen: readonly Seen[], from: number, entries: ReadonlyMap<number, Buffer>): string[] {
  const found: string[] = [];
  for (let index = from; index < from + entries.size; index++)
    if (!entries.has(index)) found.push(`there is no entry ${index}, but later ones`);
  const taken = new Set<number>();
  for (const one of seen) {
    const violation = violationOf(one, entries);
    if (violation !== undefined) found.push(`${one.what}: ${violation}`);
    if (one.status !== 200 || one.index === undefined) continue;
    if (taken.has(one.index)) found.push(`${one.what}: two answers have entry ${one.index}`);
    taken.add(one.index);
  }
  return found.slice(0, 20);
}

function violationOf(one: Seen, entries: ReadonlyMap<number, Buffer>): string | undefined {
  const { status, index, data, problem } = one;
  if (status === undefined) return undefined;
  if (!MAY_BE.includes(status)) return `status ${status} ${problem}`;
  if (status !== 200) return data ? `data with status ${status}` : undefined;
  if (index === undefined) return '200 without a receipt';
  const bytes = entries.get(index);
  if (bytes === undefined) return `entry ${index} is not in the log`;
  if (leafHash(bytes).toString('base64') !== one.leaf) return `entry ${index} has another leaf`;
  return openEntry(bytes).answerDigest === one.digest ? undefined : `entry ${index} is of another answer`;
}

/**
 * Compares what clients saw with the log: every answer with data is covered by exactly one entry, by leaf and digest.
 * `from`: size of the log before the first request.
 */
export async function checkHistory(t: Test, world: World, seen: readonly Seen[], from = 0): Promise<Figures> {
  const { rows } = await world.superuser.query<{ index: string; bytes: Buffer }>(
    'SELECT e.index::text AS index, e.bytes FROM audit.entry e WHERE e.index >= $1',
    [from],
  );
  const entries = new Map(rows.map(({ index, bytes }) => [Number(index), bytes]));
  t.strictSame(violationsOf(seen, from, entries), [], 'histories against the log');
  return {
    requests: seen.length,
    answers: seen.filter(({ status }) => status === 200).length,
    refused: seen.filter(({ status }) => status !== undefined && status !== 200).length,
    open: seen.filter(({ status }) => status === undefined).length,
    entries: entries.size,
  };
}

/** Asserts that the whole log verifies at the command line. */
export async function verifyLog(t: Test, world: World): Promise<void> {
  const { dataDir } = world.nodes[0]!;
  const directory = join(world.directory, `export-${await logSize(world)}`);
  const auditor = join(world.directory, 'auditor.key.json');
  const exported = await run([
    'audit',
    'export',
    directory,
    '--as',
    'auditor-app',
    '--key',
    auditor,
    '--data-dir',
    dataDir,
  ]);
  t.equal(exported.code, 0, `export: ${exported.stderr}`);
  const verified = await run(['audit', 'verify', directory]);
  t.equal(verified.code, 0, `verify: ${verified.stdout} ${verified.stderr}`);
}
