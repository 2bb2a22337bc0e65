import type pg from 'pg';
import type { Report } from '../delivery.js';
import type { Validator } from '../judge/validator.js';
import type { Source } from '../readers/source.js';

/** The origin of a delivery: a file, a pulled upstream, other datasets. Read once, in order, with back-pressure. */
export interface Intake {
  /** Media type of a file; `application/vnd.civic-exchange.pull+<kind>` for a pull. */
  mediaType: string;
  /** What else the meaning of the bytes depends on: charset, encoding. Absent where a repetition means nothing. */
  meaning?: string;
  /** SHA-256 of the whole that the sender stated; compared with what is received. */
  stated?: Buffer | undefined;
  /** Receives the whole, before the delivery takes a place. Absent where it is already here, or is pulled. */
  arrive?(): Promise<void>;
  /** Opens the rows. Throws Problem, or Unreadable where the whole has an unusable form. */
  open(validator: Validator): Promise<Source>;
  /** Bytes received so far: of a file as sent, of a pull as text. */
  bytes(): number;
  /** SHA-256 of what was received, complete once the rows have ended. */
  digest(): Buffer;
  /** Reads and discards the rest, so that the digest covers the whole. */
  drain(): Promise<void>;
  /** The source's own part of the report, once the rows have ended: ignored sheets, reconciled counts. */
  notes?(): Report['source'];
  /** Receives the number (`catalog/row-id.ts`, hex) of every accepted row, in order. */
  numbered?(rowNumber: string): void;
  /**
   * Stores where the next pull continues, in the transaction that publishes, after the rows and before the entry. The
   * result joins the report's `source`. Called again where the policy changed meanwhile.
   */
  published?(tx: pg.ClientBase, delivery: { id: string; release: number }): Promise<Report['source']>;
  /** Frees files and connections, and ends a read that waits. Called at every end of the delivery, safe to call twice; never throws. */
  close?(): Promise<void>;
}
