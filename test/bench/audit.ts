import { randomUUID } from 'node:crypto';
import type { Draft } from '../../src/audit/entry.js';
import { openLog } from '../../src/audit/log.js';
import { systemClock } from '../../src/platform/clock.js';
import { testDatabase } from '../support/database.js';
import { testKeys } from '../support/keys.js';

/** `node --import=… test/bench/audit.ts`: entries per second and µs of node CPU per entry of the log alone, by number of appenders. */

const closing: (() => unknown)[] = [];
const { database } = await testDatabase({ teardown: (handler) => closing.unshift(handler) });
const log = await openLog({ database, clock: systemClock, keys: await testKeys(), node: 'bench' });
const answer = Buffer.alloc(700, 'x');
const names =
  'id_number name gender born ethnicity household_no registered_division residence_division grid_code phone'.split(' ');

function draft(): Draft {
  const request = randomUUID();
  return {
    request,
    event: 'data.read',
    outcome: 'success',
    actor: { issuer: 'http://127.0.0.1:8080', subject: 'grid-app', application: 'grid-app', department: 'grid-center' },
    accesses: [
      {
        dataset: 'police/resident',
        major: 1,
        release: 42,
        grant: '0c1b7a52-5d33-4d0e-8f2b-1f0f6d1f7b11',
        version: 1,
        purpose: 'grid-service',
        decision: 'permit',
        fields: names,
        masks: ['id_number=id-number', 'name=initial', 'phone=phone'],
        rows: 1,
      },
    ],
    answer,
    query: `{"contract":"police/resident/v1","id":"${request}"}`,
    sealed: {
      ask: { id: request },
      case: '2026-37',
      operator: '1024',
      address: '127.0.0.1',
      rows: [answer.subarray(0, 16)],
    },
    epoch: 0,
    notAfter: Date.now() + 60_000,
  };
}

for (const appenders of [1, 8, 64, 256]) {
  const until = performance.now() + 3_000;
  const cpu = process.cpuUsage();
  const began = performance.now();
  let count = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      await log.append(draft());
      count++;
    }
  };
  await Promise.all(Array.from({ length: appenders }, work));
  const used = process.cpuUsage(cpu);
  const rate = Math.round((count / (performance.now() - began)) * 1_000);
  console.log(
    `${appenders} appenders: ${rate} entries/s, ${((used.user + used.system) / count).toFixed(1)} µs node CPU each`,
  );
}
await log.close();
for (const handler of closing) await handler();
