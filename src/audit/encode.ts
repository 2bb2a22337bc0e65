import { createHash, hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Clock } from '../platform/clock.js';
import { Problem } from '../platform/errors.js';
import type { Actor, Draft, EntryAccess } from './entry.js';
import type { Sealer } from './seal.js';

/** Most bytes of an open part: a C2SP entry bundle has a 16-bit length. */
const ENTRY_LIMIT_BYTES = 65_535;
const SEALED_LIMIT_BYTES = 1 << 20;

/** A draft as bytes. The time is set when its batch closes. */
export interface Encoded {
  /** `0x00 ‖ canonical bytes`: the input of the leaf hash. */
  leafInput: Buffer;
  sealed: Buffer;
  blind: Buffer;
  application: string | null;
  event: string;
  epoch: number | undefined;
  notAfter: number | undefined;
}

const TIME_AND_VERSION = '"time":"0000-00-00T00:00:00.000Z","v":1}';
const TIME_AT = TIME_AND_VERSION.indexOf('0');
const TIME_LENGTH = 24;

/**
 * RFC 8785 written by hand: the keys are in order, and `time` and `v` come last, so an entry is built before its batch closes.
 * `test/audit/entry.test.ts` compares it with `canonicalize`. Throws Problem `unprocessable` for a draft that can't be an entry.
 */
export function encode(draft: Draft, node: string, sealer: Sealer, salts: () => Buffer): Encoded {
  const blind = sealer.blind(draft.request);
  const salt = salts();
  const sealed = sealer.seal(draft.sealed, blind, salt);
  const actor = draft.actor;
  const answer = draft.answer === undefined ? 'null' : blinded(blind, draft.answer);
  const query = draft.query === undefined ? 'null' : blinded(blind, draft.query);
  const text =
    `{"accesses":[${draft.accesses.map(access).join(',')}],"actor":${actor === null ? 'null' : actorText(actor)},` +
    `"answerDigest":${answer},${draft.detail === undefined ? '' : `"detail":${detail(draft.detail)},`}` +
    `"event":${string(draft.event)},"node":${string(node)},"outcome":${string(draft.outcome)},"queryDigest":${query},` +
    `"request":${string(draft.request)},"salt":"${salt.toString('base64')}","sealedDigest":"${sealed.digest}",` +
    `"subjectsRoot":null,${TIME_AND_VERSION}`;
  if (hasLoneSurrogate(text)) throw unwritable('a text in it is not well-formed Unicode');
  const leafInput = Buffer.from(`\0${text}`);
  if (leafInput.length > ENTRY_LIMIT_BYTES + 1) throw unwritable(`its open part is over ${ENTRY_LIMIT_BYTES} bytes`);
  if (sealed.blob.length > SEALED_LIMIT_BYTES) throw unwritable(`its sealed part is over ${SEALED_LIMIT_BYTES} bytes`);
  if (actor?.application.includes('\0')) throw unwritable('the application has a NUL');
  return {
    leafInput,
    sealed: sealed.blob,
    blind,
    application: actor?.application ?? null,
    event: draft.event,
    epoch: draft.epoch,
    notAfter: draft.notAfter,
  };
}

/** Salts of 16 bytes, drawn 256 at a time: a system call per entry would cost more than its hashes. */
export function makeSalts(clock: Clock): () => Buffer {
  let drawn: Buffer = Buffer.alloc(0);
  return () => {
    if (drawn.length === 0) drawn = clock.randomBytes(16 * 256);
    const salt = drawn.subarray(0, 16);
    drawn = drawn.subarray(16);
    return salt;
  };
}

/** Writes the batch's time (24 characters, RFC 3339 UTC) into an encoded entry. */
export function stampTime(encoded: Encoded, time: string): void {
  const at = encoded.leafInput.length - TIME_AND_VERSION.length + TIME_AT;
  encoded.leafInput.write(time, at, TIME_LENGTH, 'latin1');
}

/** Text of up to a third of this size is hashed without a buffer of its own. */
const scratch = Buffer.allocUnsafe(1 << 18);

/** `SHA-256(blind ‖ data)`, base64 in quotes: only who has the blind can test guesses against it. Text is hashed as UTF-8. */
function blinded(blind: Buffer, data: Buffer | string): string {
  blind.copy(scratch);
  if (typeof data === 'string' && data.length * 3 + blind.length <= scratch.length) {
    const end = blind.length + scratch.write(data, blind.length);
    return `"${hash('sha256', scratch.subarray(0, end), 'base64')}"`;
  }
  return `"${createHash('sha256').update(blind).update(data).digest('base64')}"`;
}

const openings = new WeakMap<object, string>();

/** The keys before `release` are the same for every answer of one plan, so their text is cached. */
function access(a: EntryAccess): string {
  let opening = a.template === undefined ? undefined : openings.get(a.template);
  if (opening === undefined) {
    opening =
      `{"dataset":${string(a.dataset)},"decision":${string(a.decision)},"fields":${JSON.stringify(a.fields)},"grant":${string(a.grant)},` +
      `"major":${integer(a.major)},"masks":${JSON.stringify(a.masks)},"purpose":${string(a.purpose)},"release":`;
    if (a.template !== undefined) openings.set(a.template, opening);
  }
  return `${opening}${integer(a.release)},"rows":${integer(a.rows)},"version":${integer(a.version)}}`;
}

const actors = new WeakMap<Actor, string>();

function actorText(a: Actor): string {
  let text = actors.get(a);
  if (text === undefined) {
    text = `{"application":${string(a.application)},"department":${string(a.department)},"issuer":${string(a.issuer)},"subject":${string(a.subject)}}`;
    actors.set(a, text);
  }
  return text;
}

function string(value: string | null): string {
  return JSON.stringify(value);
}

function integer(value: number | null): string {
  if (value !== null && !Number.isSafeInteger(value)) throw unwritable('a number in it is not a whole number');
  return String(value);
}

function detail(value: Readonly<Record<string, unknown>>): string {
  try {
    return canonicalize(value) ?? 'null';
  } catch (cause) {
    throw unwritable('its detail has no canonical form', cause);
  }
}

/** JSON.stringify escapes only lone surrogates; an even number of backslashes before `ud` is ordinary text. */
function hasLoneSurrogate(json: string): boolean {
  return json.includes('\\ud') && /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(json);
}

function unwritable(why: string, cause?: unknown): Problem {
  return new Problem('unprocessable', `The audit entry of this request cannot be written: ${why}`, { cause });
}
