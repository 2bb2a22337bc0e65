import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Validation } from '../judge/validate.js';
import type { Validator } from '../judge/validator.js';
import type { Source } from '../readers/source.js';
import type { TableForm } from '../workbook/rejects-workbook.js';
import { addFaults, type FaultCounts, setAside } from './set-aside.js';
import { copyStatement } from './staging.js';

export interface Landing {
  /** As exchange_owner, the delivery's own for its whole life. */
  client: pg.ClientBase;
  /** For what is set aside while the other connection copies. */
  app: pg.Pool;
  deliveryId: string;
  validator: Validator;
  source: Source;
  validation: Validation;
  /** Ends the reading, even while the sender is silent. */
  signal: AbortSignal;
}

export interface Landed {
  received: number;
  rejected: number;
  faults: FaultCounts;
}

/**
 * Reads, validates and copies in one pass: a batch is text for COPY before the next one is read, so memory holds a few batches whatever the
 * file's size. `progress` is filled as it goes, for a delivery that breaks off.
 * @throws Unreadable, what the body throws, or the signal's reason; the staging table then holds nothing
 */
export async function land(landing: Landing, progress: Landed): Promise<Landed> {
  async function* copied(): AsyncGenerator<string> {
    let formKept = false;
    for await (const rows of interruptible(landing.source.batches(), landing.signal)) {
      if (!formKept) await keepForm(landing);
      formKept = true;
      const { copy, rejects, received } = landing.validation.take(rows, landing.source.headings());
      progress.received += received;
      progress.rejected += rejects.length;
      addFaults(progress.faults, rejects);
      if (rejects.length > 0) await setAside(landing.app, landing.deliveryId, rejects);
      if (copy !== '') yield copy;
    }
  }
  await pipeline(copied, landing.client.query(copyFrom(copyStatement(landing.deliveryId, landing.validator))));
  return progress;
}

/** The headings stand with the rejected rows as line 0, so that these can be told as the sender's own table. */
async function keepForm({ source, app, deliveryId }: Landing): Promise<void> {
  const headings = source.headings();
  if (headings === undefined) return;
  const delimiter = source.delimiter?.();
  const form: TableForm = { headings, ...(delimiter === undefined ? {} : { delimiter }) };
  await setAside(app, deliveryId, [{ line: 0, text: JSON.stringify(form), errors: [] }]);
}

/** One listener for all waits: a race with a promise that lives as long would hold every batch. */
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
    // Not awaited: it would wait for the sender who is silent.
    if (!done) void iterator.return?.().catch(() => undefined);
  }
}
