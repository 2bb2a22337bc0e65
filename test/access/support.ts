import type { Test } from 'tap';
import { openPolicy } from '../../src/access/policy/open-policy.js';
import type { Policy } from '../../src/access/policy/policy.js';
import { type NewRecord, writeRecords } from '../../src/access/policy/records.js';
import type { AuditLog } from '../../src/audit/log.js';
import { openLog } from '../../src/audit/log.js';
import { systemClock } from '../../src/platform/clock.js';
import type { Keys } from '../../src/platform/keys/keys.js';
import type { Database } from '../../src/platform/postgres/database.js';
import { documents, publishers, purposes } from '../policy/contracts.js';
import { testDatabase } from '../support/database.js';
import { testKeys } from '../support/keys.js';

export interface Stand {
  /** As a superuser. */
  url: string;
  database: Database;
  log: AuditLog;
  policy: Policy;
  keys: Keys;
  clock: typeof systemClock;
  closed: string[];
  write(records: readonly Omit<NewRecord, 'actor' | 'request'>[]): Promise<number>;
  /** Another node on the same database. */
  secondPolicy(): Promise<Policy>;
}

/** A node's log and policy on a fresh database, with the contracts of test/policy/contracts.yaml published. */
export async function stand(t: Test): Promise<Stand> {
  const { url, database } = await testDatabase(t);
  const keys = await testKeys();
  const clock = systemClock;
  const log = await openLog({ database, clock, keys, node: 'test' });
  const closed: string[] = [];
  const onClosed = (kind: string, id: string) => void closed.push(`${kind}/${id}`);
  const policy = await openPolicy({ database, log, clock, node: 'test', onClosed, keys, origin: 'test' });
  t.teardown(async () => {
    await policy.close();
    await log.close();
  });
  const write: Stand['write'] = async (records) => {
    const tx = await database.app.connect();
    try {
      await tx.query('BEGIN');
      const full = records.map((record) => ({ ...record, actor: null, request: clock.uuid() }));
      const { epoch } = await writeRecords(tx, log, full);
      await tx.query('COMMIT');
      return epoch;
    } finally {
      tx.release();
    }
  };
  const epoch = await write([
    ...documents.map((document) => ({
      kind: 'contract' as const,
      id: `${document.dataset}/v1`,
      document,
      event: 'contract.published' as const,
    })),
    ...purposes.map((document) => ({
      kind: 'purpose' as const,
      id: document.code,
      document,
      event: 'purpose.registered' as const,
    })),
    ...publishers.map((document) => ({
      kind: 'publisher' as const,
      id: document.slug,
      document,
      event: 'publisher.registered' as const,
    })),
  ]);
  await policy.reach(epoch);
  return {
    url,
    database,
    log,
    policy,
    keys,
    clock,
    closed,
    write,
    secondPolicy: async () => {
      const second = await openPolicy({ database, log, clock, node: 'second', keys, origin: 'test' });
      t.teardown(() => second.close());
      return second;
    },
  };
}

/** Polls until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The condition did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
