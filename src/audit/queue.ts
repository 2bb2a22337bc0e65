import { Problem } from '../platform/errors.js';
import type { Encoded } from './encode.js';
import type { Appended } from './entry.js';

/** Most entries and bytes in one batch. */
const BATCH_ENTRIES = 512;
const BATCH_BYTES = 2 << 20;
/** Most that may wait. Denials and failures get half of it, so that refusals can't crowd out answers. */
const QUEUE_ENTRIES = 8_192;
const QUEUE_BYTES = 64 << 20;

/** A request that waits for its entry. */
export interface WaitingEntry {
  encoded: Encoded;
  answer(appended: Appended): void;
  fail(error: Error): void;
}

export interface Queue {
  /** Throws Problem `audit-unavailable` when full. */
  push(encoded: Encoded, refusal: boolean): Promise<Appended>;
  /** The next batch: all that waits, up to the limits of a batch. */
  take(): WaitingEntry[];
  readonly length: number;
}

export function makeQueue(): Queue {
  let waiting: WaitingEntry[] = [];
  let bytes = 0;
  return {
    push(encoded, refusal) {
      const share = refusal ? 0.5 : 1;
      if (waiting.length >= QUEUE_ENTRIES * share || bytes >= QUEUE_BYTES * share) {
        throw new Problem('audit-unavailable', 'Too many entries wait to be written', { retryAfter: 1 });
      }
      bytes += sizeOf(encoded);
      return new Promise((answer, fail) => waiting.push({ encoded, answer, fail }));
    },
    take() {
      let size = 0;
      let count = 0;
      while (count < waiting.length && count < BATCH_ENTRIES && (count === 0 || size < BATCH_BYTES)) {
        size += sizeOf(waiting[count++]!.encoded);
      }
      const batch = waiting.slice(0, count);
      waiting = waiting.slice(count);
      bytes -= size;
      return batch;
    },
    get length() {
      return waiting.length;
    },
  };
}

function sizeOf(encoded: Encoded): number {
  return encoded.leafInput.length + encoded.sealed.length;
}
