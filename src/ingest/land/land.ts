import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Delivery } from '../delivery.js';
import type { Judge } from '../judge/validate.js';
import type { Source } from '../readers/source.js';
import type { CancelWatch } from '../watch-cancel.js';
import type { TableForm } from '../workbook/rejects-workbook.js';
import { addFaults, type FaultCounts, setAside } from './set-aside.js';
import { copyStatement } from './staging.js';

/** Where a delivery lands: its staging table, named by its id, beside the live table of its contract. */
export interface LandingPlace {
  /** As exchange_owner; the delivery keeps it to its end. */
  client: pg.PoolClient;
  /** Stores rejected rows while the other connection copies. */
  app: pg.Pool;
  /** As the last committed transaction left it. */
  delivery: Delivery;
  /** What has been read so far. */
  landed: Landed;
  watch: CancelWatch;
}

interface Landed {
  received: number;
  rejected: number;
  faults: FaultCounts;
}

/**
 * Reads, judges and copies in one pass: a batch becomes COPY text before the next one is read, so memory holds a few
 * batches for a file of any size. Fills `place.landed` on the way, for a delivery that breaks off.
 * @throws Unreadable, what the body throws, or the cause of cancellation; the staging table is then empty
 */
export async function land(source: Source, judge: Judge, place: LandingPlace): Promise<void> {
  const { client, app, delivery, landed, watch } = place;
  async function* copied(): AsyncGenerator<string> {
    let formKept = false;
    for await (const rows of interruptible(source.batches(), watch.signal)) {
      if (!formKept) await keepForm(source, place);
      formKept = true;
      const { copy, rejects, received } = judge.take(rows, source.headings());
      landed.received += received;
      landed.rejected += rejects.length;
      addFaults(landed.faults, rejects);
      if (rejects.length > 0) await setAside(app, delivery.id, rejects);
      if (copy !== '') yield copy;
    }
  }
  await pipeline(copied, client.query(copyFrom(copyStatement(delivery.id, judge.validator))));
}

/** Keeps the headings as line 0 of the rejected rows, so that these can be returned as the sender's own table. */
async function keepForm(source: Source, { app, delivery }: LandingPlace): Promise<void> {
  const headings = source.headings();
  if (headings === undefined) return;
  const delimiter = source.delimiter?.();
  const form: TableForm = { headings, ...(delimiter === undefined ? {} : { delimiter }) };
  await setAside(app, delivery.id, [{ line: 0, text: JSON.stringify(form), errors: [] }]);
}

/** One listener for all waits: a race with a long-lived promise would retain every batch. */
async function* interruptible<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let interrupt = (_reason: unknown): void => undefined;
  signal.addEventListener('abort', () => interrupt(signal.reason), { once: true });
  let done = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        interrupt = reject;
        iterator.next().then(resolve, reject);
      });
      done = next.done === true;
      if (done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it would wait for the silent sender.
    if (!done) void iterator.return?.().catch(() => undefined);
  }
}
