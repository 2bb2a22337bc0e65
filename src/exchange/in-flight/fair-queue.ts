import { Problem } from '../../platform/errors.js';
import { itemAt } from '../../platform/known.js';
import type { Recipient } from './recipient.js';

/** What may be in flight at once on this node: rows that are being read, and bytes of answers that wait to be read by their callers. */
export interface QueueBounds {
  rows: number;
  /** Per application; an ask with more counts as this many. */
  rowsEach: number;
  bytes: number;
  bytesEach: number;
  waiting: number;
  waitingEach: number;
  waitMs: number;
}

interface ApplicationLine {
  rows: number;
  bytes: number;
  waiting: WaitingAsk[];
}

interface WaitingAsk {
  rows: number;
  recipient: Recipient | undefined;
  begin(): void;
}

/** Lines of applications that ask nothing are dropped beyond this many. */
const LINES_KEPT = 1_000;

/**
 * Where asks wait before they read: round robin between applications, in order within one. So an application with a
 * thousand asks delays an application with one ask by one ask.
 */
export class FairQueue {
  readonly #bounds: QueueBounds;
  readonly #lines = new Map<string, ApplicationLine>();
  /** Lines in which asks wait; the first has the next turn. */
  readonly #ring: ApplicationLine[] = [];
  #rows = 0;
  #bytes = 0;
  #waiting = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  get rows(): number {
    return this.#rows;
  }
  get bytes(): number {
    return this.#bytes;
  }
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Undefined: it begins now. Else resolves at its turn. `leave` follows in both cases.
   * @throws Problem rate-limited if the application has too much in flight, unavailable if all together have
   */
  enter(application: string, asked: number, recipient?: Recipient): Promise<void> | undefined {
    const { waiting, waitingEach } = this.#bounds;
    const rows = this.#counted(asked);
    const line = this.#lineOf(application);
    if (this.#ring.length === 0 && !this.#exceedsOwn(line, rows) && !this.#exceedsAll(rows)) {
      this.#take(line, rows);
      return undefined;
    }
    if (line.waiting.length >= waitingEach) throw refusal(true);
    if (this.#waiting >= waiting) throw refusal(false);
    const turn = this.#wait(line, rows, recipient);
    this.#advance();
    return turn;
  }

  leave(application: string, asked: number): void {
    this.#take(this.#lineOf(application), -this.#counted(asked));
    this.#advance();
  }

  /** Bytes of an answer that its caller has not read yet. */
  hold(application: string, bytes: number): void {
    this.#lineOf(application).bytes += bytes;
    this.#bytes += bytes;
  }

  release(application: string, bytes: number): void {
    this.hold(application, -bytes);
    this.#advance();
  }

  #counted(rows: number): number {
    return Math.min(rows, this.#bounds.rowsEach);
  }

  #exceedsOwn(line: ApplicationLine, rows: number): boolean {
    return line.rows + rows > this.#bounds.rowsEach || line.bytes > this.#bounds.bytesEach;
  }

  #exceedsAll(rows: number): boolean {
    return this.#rows + rows > this.#bounds.rows || this.#bytes > this.#bounds.bytes;
  }

  #take(line: ApplicationLine, rows: number): void {
    line.rows += rows;
    this.#rows += rows;
  }

  #lineOf(application: string): ApplicationLine {
    let line = this.#lines.get(application);
    if (line === undefined) {
      if (this.#lines.size >= LINES_KEPT) dropIdle(this.#lines);
      line = { rows: 0, bytes: 0, waiting: [] };
      this.#lines.set(application, line);
    }
    return line;
  }

  #wait(line: ApplicationLine, rows: number, recipient: Recipient | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#remove(line, ask);
        reject(refusal(this.#exceedsOwn(line, rows)));
        this.#advance();
      }, this.#bounds.waitMs);
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      const ask: WaitingAsk = { rows, recipient, begin };
      if (line.waiting.push(ask) === 1) this.#ring.push(line);
      this.#waiting += 1;
    });
  }

  #remove(line: ApplicationLine, ask: WaitingAsk): void {
    line.waiting.splice(line.waiting.indexOf(ask), 1);
    this.#waiting -= 1;
    if (line.waiting.length === 0) this.#ring.splice(this.#ring.indexOf(line), 1);
  }

  /** Gives turns while something fits. A line over its own bound is passed by; the one that only waits for room keeps its place. */
  #advance(): void {
    for (let passed = 0; passed < this.#ring.length; passed++) {
      const line = itemAt(this.#ring, 0);
      const { rows, recipient, begin } = itemAt(line.waiting, 0);
      const isGone = recipient?.gone === true; // it begins, and ends at once
      if (isGone || !this.#exceedsOwn(line, rows)) {
        if (!isGone && this.#exceedsAll(rows)) return;
        passed = -1;
        line.waiting.shift();
        this.#waiting -= 1;
        this.#take(line, rows);
        begin();
      }
      this.#ring.shift();
      if (line.waiting.length > 0) this.#ring.push(line);
    }
  }
}

function dropIdle(lines: Map<string, ApplicationLine>): void {
  for (const [application, { rows, bytes, waiting }] of lines) {
    if (rows === 0 && bytes === 0 && waiting.length === 0) lines.delete(application);
  }
}

function refusal(own: boolean): Problem {
  return own
    ? new Problem('rate-limited', 'Too much of this application is in flight: read the replies, then ask again.', {
        retryAfter: 1,
      })
    : new Problem('unavailable', 'Too many asks wait to be answered. Try again.', { retryAfter: 1 });
}
