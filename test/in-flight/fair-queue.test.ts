import fc from 'fast-check';
import { FairQueue } from '../../src/exchange/in-flight/fair-queue.js';
import type { Recipient } from '../../src/exchange/in-flight/recipient.js';
import t from '../support/tap.js';

const BOUNDS = { rows: 8, rowsEach: 4, bytes: 1_000, bytesEach: 500, waiting: 30, waitingEach: 20, waitMs: 60_000 };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const gone: Recipient = { gone: true, takes() {}, ready: async () => {} };

const asks = fc.array(
  fc.record({ application: fc.constantFrom('a', 'b', 'c'), rows: fc.integer({ min: 1, max: 9 }) }),
  {
    maxLength: 24,
  },
);

t.test('never more in flight than the bounds; everybody gets a turn, in order within an application', () =>
  fc.assert(
    fc.asyncProperty(asks, async (asked) => {
      const queue = new FairQueue(BOUNDS);
      const inFlight: { application: string; rows: number }[] = [];
      const began: Record<string, number[]> = { a: [], b: [], c: [] };
      asked.forEach(({ application, rows }, i) => {
        const begin = () => {
          inFlight.push({ application, rows });
          began[application]!.push(i);
        };
        const turn = queue.enter(application, rows);
        if (turn === undefined) begin();
        else void turn.then(begin);
      });
      for (let left = asked.length; left > 0; left--) {
        await settled();
        const counted = inFlight.map(({ rows }) => Math.min(rows, BOUNDS.rowsEach));
        const total = counted.reduce((sum, rows) => sum + rows, 0);
        if (total > BOUNDS.rows || total !== queue.rows) throw new Error(`${total} rows, ${queue.rows} counted`);
        const ended = inFlight.shift();
        if (ended === undefined) throw new Error(`${left} never began`);
        queue.leave(ended.application, ended.rows);
      }
      for (const order of Object.values(began))
        if (order.some((at, i) => i > 0 && at < order[i - 1]!)) throw new Error('out of order');
      if (queue.rows + queue.waiting !== 0) throw new Error('something is left over');
    }),
  ),
);

t.test('an application with many asks delays another by one of them', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 3, max: 15 }), fc.integer({ min: 1, max: 4 }), async (many, rows) => {
      const queue = new FairQueue({ ...BOUNDS, rows: 4 });
      const order: string[] = [];
      const ask = async (application: string, weight: number) => {
        await queue.enter(application, weight);
        order.push(application);
        await settled();
        queue.leave(application, weight);
      };
      const greedy = Array.from({ length: many }, () => ask('greedy', 4));
      await Promise.all([...greedy, ask('modest', rows)]);
      if (!order.slice(0, 3).includes('modest')) throw new Error(order.join());
    }),
  ),
);

t.test('unread bytes hold an application back, not another, until they are read', async (t) => {
  const queue = new FairQueue(BOUNDS);
  queue.hold('slow', 501);
  let began = false;
  const turn = queue.enter('slow', 1);
  void turn?.then(() => {
    began = true;
  });
  await queue.enter('quick', 1);
  await settled();
  t.equal(began, false);
  queue.release('slow', 501);
  await settled();
  t.equal(began, true);
});

t.test('beyond the bounds: 429 for the application itself, 503 for all, with a time to retry', async (t) => {
  const queue = new FairQueue({ ...BOUNDS, rows: 4, waiting: 3, waitingEach: 2, waitMs: 20 });
  queue.enter('a', 4);
  const own = [queue.enter('a', 1), queue.enter('a', 1)];
  t.throws(() => queue.enter('a', 1), { code: 'rate-limited', retryAfter: 1 }, 'its line is full');
  const others = queue.enter('b', 1);
  t.throws(() => queue.enter('c', 1), { code: 'unavailable', retryAfter: 1 }, 'all lines are full');
  await Promise.all(own.map((turn) => t.rejects(turn!, { code: 'rate-limited' }, 'it waited too long for itself')));
  await t.rejects(others!, { code: 'unavailable' }, 'it waited too long for others');
  queue.leave('a', 4);
  t.strictSame([queue.rows, queue.waiting], [0, 0]);
});

t.test('a turn of a closed connection delays nobody', async (t) => {
  const queue = new FairQueue({ ...BOUNDS, rows: 4 });
  queue.enter('a', 4);
  const order: string[] = [];
  void queue.enter('a', 4, gone)?.then(() => {
    order.push('gone');
    queue.leave('a', 4);
  });
  void queue.enter('a', 1)?.then(() => order.push('next'));
  queue.leave('a', 4);
  await settled();
  t.strictSame(order, ['gone', 'next']);
});
