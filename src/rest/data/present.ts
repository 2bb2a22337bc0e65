import type { FastifyReply } from 'fastify';
import type { Denial } from '../../access/policy/decision.js';
import type { Contract } from '../../catalog/contract.js';
import type { Answer, Present, Presented } from '../../exchange/answer.js';
import { listBody } from '../../exchange/answering/slices.js';
import { itemAt } from '../../platform/known.js';
import type { Rows } from '../../query/rows.js';
import { challenge, PROBLEM_TYPE, problemBody } from '../http/problem.js';
import { withReceipt } from '../http/request.js';

export interface Presenting {
  request: string;
  publicUrl: string;
}

const ABSENT = 'There is no such row, or it is not for you.';

/** `{"data":[…],"page":{…},"release":n}`. The text of each row is written once and sent unchanged. */
export function presentPage(presenting: Presenting): Present {
  return withRows(presenting, (rows) => {
    const page = {
      next_cursor: rows.hasMore ? rows.cursor(rows.length - 1) : null,
      has_more: rows.hasMore,
      count: rows.count,
    };
    const tail = `],"page":${JSON.stringify(page)},"release":${rows.release}}`;
    return ok(listBody({ head: '{"data":[', count: rows.length, part: (i) => rows.json(i), tail }));
  });
}

/** `{"data":{…},"release":n}`, or 404: an absent row and a row out of scope look the same. */
export function presentRow(presenting: Presenting): Present {
  return withRows(presenting, (rows) => {
    if (rows.length === 0) return problem(presenting, 'not-found', ABSENT);
    return ok(`{"data":${rows.json(0)},"release":${rows.release}}`);
  });
}

/** In the requested order, each key as sent. */
export function presentLookup(presenting: Presenting, keys: readonly unknown[]): Present {
  return withRows(presenting, (rows) => {
    const part = (k: number): string => {
      const key = JSON.stringify(keys[k]);
      const row = rows.ofKey(k);
      return row < 0 ? `{"key":${key},"found":false}` : `{"key":${key},"found":true,"row":${rows.json(row)}}`;
    };
    return ok(listBody({ head: '{"data":[', count: keys.length, part, tail: `],"release":${rows.release}}` }));
  });
}

function withRows(presenting: Presenting, present: (rows: Rows) => Presented | Promise<Presented>): Present {
  return (outcomes) => {
    const outcome = itemAt(outcomes, 0);
    return outcome.outcome === 'rows' ? present(outcome.rows) : presentDenial(presenting, outcome.denial);
  };
}

export function presentDenial(presenting: Presenting, denial: Denial): Presented {
  const detail = denial.code === 'not-found' ? undefined : denialDetail(denial);
  return problem(presenting, denial.code, detail, denial);
}

/** Names the missing field or relation; for other denials the title is enough. */
function denialDetail(denial: Denial): string | undefined {
  if (denial.code !== 'field-not-granted' && denial.code !== 'relation-not-granted') return undefined;
  const names = denial.faults.flatMap(({ parameter, pointer }) => parameter ?? pointer ?? []);
  return names.length === 0 ? undefined : `Not granted: ${names.join(', ')}.`;
}

function problem(presenting: Presenting, code: Denial['code'], detail: string | undefined, denial?: Denial): Presented {
  const body = problemBody(code, {
    ...presenting,
    ...(detail === undefined ? {} : { detail }),
    ...(denial === undefined ? {} : { faults: denial.faults }),
  });
  return { status: body.status, body: JSON.stringify(body) };
}

function ok(body: string): Presented;
function ok(body: string | Promise<Buffer>): Presented | Promise<Presented>;
function ok(body: string | Promise<Buffer>): Presented | Promise<Presented> {
  return typeof body === 'string' ? { status: 200, body } : body.then((bytes) => ({ status: 200, body: bytes }));
}

/**
 * An Answer as HTTP. Only the reader may cache data, and only while its tag is valid; data that is asked live has no
 * tag.
 */
export function send(reply: FastifyReply, answer: Answer, contract?: Contract): FastifyReply {
  withReceipt(reply, answer.receipt).code(answer.status);
  // An absent row is not data: no cache may keep a reply that says so.
  const isData = answer.status === 304 || (answer.status < 300 && answer.outcomes[0]?.outcome === 'rows');
  if (contract !== undefined && isData) reply.header('schema-version', `${contract.major}.${contract.minor}`);
  if (contract !== undefined && isData && answer.etag !== undefined) {
    const [first] = answer.outcomes;
    reply.header('exchange-release', String(first?.outcome === 'rows' ? first.rows.release : answer.release));
    reply
      .header('cache-control', 'private, no-cache')
      .header('vary', 'Authorization, Exchange-Purpose, Exchange-Grant')
      .header('etag', answer.etag);
  }
  if (answer.status === 401) reply.header('www-authenticate', challenge(reply.request)); // disabled, or its key was revoked
  if (answer.status === 304) return reply.send();
  return reply.type(answer.status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE).send(answer.body);
}
