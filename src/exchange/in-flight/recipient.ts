import { Problem } from '../../platform/errors.js';

/** The connection that an answer goes to. */
export interface Recipient {
  /** Its connection is closed: nothing is decided, read or recorded for it. */
  readonly gone: boolean;
  /**
   * Bytes that leave next, under an entry whose commit was sent at `sentAt` (ms since the epoch). What has not reached
   * the socket two seconds later is dropped, and the connection closed (access.md, to the wire).
   */
  takes(bytes: number, sentAt: number): void;
  /** Resolves when the recipient has read enough for more to be made, or is gone. */
  ready(): Promise<void>;
}

/** Nobody waits for the answer any more. It is not recorded, because nothing left. */
export class Gone extends Problem {
  constructor() {
    super('unavailable', 'The connection is closed.', { retryAfter: 1 });
  }
}
