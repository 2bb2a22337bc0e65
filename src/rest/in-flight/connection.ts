import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { Recipient } from '../../exchange/in-flight/recipient.js';

/** What a connection's request counts against: the asks and bytes in flight of its application. */
export interface AskAccount {
  readonly application: string;
  /** Bytes of answers that wait to be read. */
  hold(bytes: number): void;
  release(bytes: number): void;
  /** The ask has ended, and its body of this size is no longer in memory. */
  leave(bodyBytes: number): void;
}

/** Requests that wait behind others, on all connections. */
export interface Pipeline {
  waiting: number;
}

interface Pipelined {
  reply: FastifyReply;
  begin(): void;
}

/** Requests that wait behind the one that is answered. Clients that pipeline at all send a few (RFC 9112, 9.3.2). */
const PIPELINED_AT_MOST = 32;
const PIPELINED_IN_ALL = 1_024;
/** Smaller answers are bounded by their number. */
const HELD_FROM_BYTES = 65_536;

/**
 * One connection. Its requests begin one after another: the next one when the reply before it has reached the socket. So
 * nothing is decided, read or recorded for a peer that does not read.
 */
export class CallerConnection implements Recipient {
  gone = false;
  /** When the commit of the answer that leaves was sent (ms); 0: nothing recorded leaves. */
  recordedAt = 0;
  /** Bytes that had left at the last look, and when (ms). */
  left = 0;
  leftAt = 0;
  /** When the last recorded answer was sent (ms); 0: none was. */
  answeredAt = 0;
  readonly socket: Socket;
  /** The first application whose ask came on it, and whether others followed. */
  #carries: string | undefined;
  #carriesOthers = false;
  #current: FastifyReply | undefined;
  #account: AskAccount | undefined;
  #bodyBytes = 0;
  #held = 0;
  #waiting: Pipelined[] = [];
  #refused = 0;
  readonly #pipeline: Pipeline;

  constructor(socket: Socket, pipeline: Pipeline) {
    this.socket = socket;
    this.#pipeline = pipeline;
  }

  /** Requests after the one that was refused: they get no reply, because the connection closes (RFC 9112, 9.6). */
  get refused(): number {
    return this.#refused;
  }
  /** Bytes of the reply that have not reached the socket. */
  get unread(): number {
    return this.#current?.raw.writableLength ?? 0;
  }

  /** Begins now or behind the others. False: too many wait already, or it was refused before. */
  take(reply: FastifyReply, begin: () => void): boolean {
    if (this.#current === undefined) {
      this.#current = reply;
      begin();
      return true;
    }
    const full = this.#waiting.length >= PIPELINED_AT_MOST || this.#pipeline.waiting >= PIPELINED_IN_ALL;
    if (full || this.#refused > 0) {
      this.#refused += 1;
      return false;
    }
    this.#waiting.push({ reply, begin });
    this.#pipeline.waiting += 1;
    return true;
  }

  /** The ask of the current request counts against this account until its reply has left. */
  charge(account: AskAccount, bodyBytes: number): void {
    this.#account = account;
    this.#bodyBytes = bodyBytes;
    this.#carries ??= account.application;
    if (this.#carries !== account.application) this.#carriesOthers = true;
  }

  /** Whether answers for one of these applications may have left on it. */
  carries(applications: ReadonlySet<string>): boolean {
    return this.#carries !== undefined && (this.#carriesOthers || applications.has(this.#carries));
  }

  /** The reply has reached the socket. */
  end(reply: FastifyReply): void {
    if (reply !== this.#current) return;
    this.#settle();
    const next = this.#waiting.length === 0 ? undefined : this.#waiting.shift();
    this.#current = next?.reply;
    if (next === undefined) return;
    this.#pipeline.waiting -= 1;
    next.begin();
  }

  close(): void {
    this.gone = true;
    this.#settle();
    this.#current = undefined;
    this.#pipeline.waiting -= this.#waiting.length;
    this.#waiting = [];
  }

  takes(bytes: number, sentAt: number): void {
    if (this.gone) return;
    this.answeredAt = sentAt;
    // A streamed answer has many parts: the oldest that waits decides.
    if (this.recordedAt === 0 || this.unread === 0) this.recordedAt = sentAt;
    if (bytes < HELD_FROM_BYTES || this.#account === undefined) return;
    this.#held += bytes;
    this.#account.hold(bytes);
  }

  async ready(): Promise<void> {
    await turnOfTheLoop(); // what was just made is in the socket's buffer then
    const raw = this.#current?.raw;
    while (!this.gone && raw?.writableNeedDrain === true) {
      await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    }
    this.#release();
  }

  #settle(): void {
    this.recordedAt = 0;
    this.#release();
    this.#account?.leave(this.#bodyBytes);
    this.#account = undefined;
  }

  #release(): void {
    if (this.#held === 0) return;
    this.#account?.release(this.#held);
    this.#held = 0;
  }
}
