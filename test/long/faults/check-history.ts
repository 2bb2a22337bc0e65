import { join } from 'node:path';
import type pg from 'pg';
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

/** The statuses that a client may see while something fails. */
const MAY_BE = [200, 401, 429, 503];

/**
 * Compares what clients saw with the log: every answer with data is covered by exactly one entry, by leaf and digest.
 * Returns what does not hold.
 */
async function violationsOf(seen: readonly Seen[], pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ index: string; bytes: Buffer }>(
    'SELECT e.index::text AS index, e.bytes FROM audit.entry e ORDER BY e.index',
  );
  const found: string[] = [];
  for (const [at, { index }] of rows.entries()) if (Number(index) !== at) found.push(`a gap before entry ${index}`);
  const taken = new Set<number>();
  for (const one of seen) {
    const violation = violationOf(one, rows);
    if (violation !== undefined) found.push(`${one.what}: ${violation}`);
    if (one.status !== 200 || one.index === undefined) continue;
    if (taken.has(one.index)) found.push(`${one.what}: two answers have entry ${one.index}`);
    taken.add(one.index);
  }
  return found.slice(0, 20);
}

function violationOf(one: Seen, rows: readonly { bytes: Buffer }[]): string | undefined {
  const { status, index, data, problem } = one;
  if (status === undefined) return undefined;
  if (!MAY_BE.includes(status)) return `status ${status} ${problem}`;
  if (status !== 200) return data ? `data with status ${status}` : undefined;
  if (index === undefined) return '200 without a receipt';
  const bytes = rows[index]?.bytes;
  if (bytes === undefined) return `entry ${index} is not in the log`;
  if (leafHash(bytes).toString('base64') !== one.leaf) return `entry ${index} has another leaf`;
  return openEntry(bytes).answerDigest === one.digest ? undefined : `entry ${index} is of another answer`;
}

/** Asserts that nothing is violated, and that the log verifies at the command line. */
export async function checkWorld(t: Test, world: World, seen: readonly Seen[]): Promise<Figures> {
  t.strictSame(await violationsOf(seen, world.superuser), [], 'histories against the log');
  const { dataDir } = world.nodes[0]!;
  const directory = join(world.directory, `export-${seen.length}`);
  const auditor = join(world.directory, 'auditor.key.json');
  const options = ['--as', 'auditor-app', '--key', auditor, '--data-dir', dataDir];
  const exported = await run(['audit', 'export', directory, ...options]);
  t.equal(exported.code, 0, `export: ${exported.stderr}`);
  const verified = await run(['audit', 'verify', directory]);
  t.equal(verified.code, 0, `verify: ${verified.stdout} ${verified.stderr}`);
  const { rows } = await world.superuser.query<{ entries: number }>('SELECT count(*)::int AS entries FROM audit.entry');
  return {
    requests: seen.length,
    answers: seen.filter(({ status }) => status === 200).length,
    refused: seen.filter(({ status }) => status !== undefined && status !== 200).length,
    open: seen.filter(({ status }) => status === undefined).length,
    entries: rows[0]!.entries,
  };
}
