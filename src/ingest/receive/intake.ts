import type pg from 'pg';
import type { Report } from '../delivery.js';
import type { Validator } from '../judge/validator.js';
import type { Source } from '../readers/source.js';

/** What a delivery comes from: a file's body, an upstream being pulled, other datasets. Read once, front to back, with back-pressure. */
export interface Intake {
  /** Media type of a file; `application/vnd.civic-exchange.pull+<kind>` of what is pulled. */
  mediaType: string;
  /** Beside the media type, what the same bytes depend on to mean the same: charset, encoding. Absent where a repetition means nothing. */
  meaning?: string;
  /** SHA-256 that the sender stated of the whole; what is received is held against it. */
  stated?: Buffer | undefined;
  /** Opens the rows. Throws Problem, or Unreadable where the form of the whole is unusable. */
  open(validator: Validator): Promise<Source>;
  /** Bytes received so far: of a file as sent, of what is pulled as text. */
  bytes(): number;
  /** SHA-256 over what was received, complete once the rows have ended. */
  digest(): Buffer;
  /** Takes what is left without looking at it, so that the digest covers the whole. */
  drain(): Promise<void>;
  /** What the report says of the source itself once the rows have ended: sheets left out, counts reconciled. */
  notes?(): Report['source'];
  /** Hears the number (`catalog/row-id.ts`, hex) of every row that is taken, in their order. */
  numbered?(rowNumber: string): void;
  /**
   * Joins the transaction that publishes, after the rows and before the entry: where the next pull goes on. What it returns joins the report's
   * `source`. Called again where the policy moved meanwhile.
   */
  published?(tx: pg.ClientBase, delivery: { id: string; release: number }): Promise<Report['source']>;
  /** Frees what it holds: files, connections. Called once, however the delivery ends; never throws. */
  close?(): Promise<void>;
}
