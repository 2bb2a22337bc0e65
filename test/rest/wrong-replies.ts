import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ADULT, type CityAnswer, ELSEWHERE, json } from './city.js';

/** What an interface may answer instead of one row that satisfies the contract, what a reply says about it, and how much of a flood was read. */
export function wrongReplies(): { wrong: [string, CityAnswer, RegExp][]; flooded: () => number } {
  let written = 0;
  const flood = async (reply: ServerResponse) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    for (; written < 200 << 20 && !reply.destroyed; written += 65_536)
      if (!reply.write(Buffer.alloc(65_536, 0x20))) await Promise.race([once(reply, 'drain'), once(reply, 'close')]);
  };
  const drip = (reply: ServerResponse) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => reply.write(' '), 20);
    reply.on('close', () => clearInterval(timer));
  };
  const typed = (reply: ServerResponse, body: string, headers = {}) =>
    reply.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  const row =
    (change: object, rows = 1) =>
    (_: unknown, reply: ServerResponse) =>
      json(reply, { data: Array.from({ length: rows }, () => ({ ...ADULT, ...change })) });
  const wrong: [string, CityAnswer, RegExp][] = [
    [
      'HTML',
      (_, reply) => reply.writeHead(200, { 'content-type': 'text/html' }).end('<b>canary-of-the-reply</b>'),
      /not JSON/,
    ],
    ['HTML that is said to be JSON', (_, reply) => typed(reply, '<b>canary-of-the-reply</b>'), /not JSON/],
    ['200 MB', (_, reply) => flood(reply), /more than 4096 bytes/],
    ['a length of 200 MB', (_, reply) => typed(reply, '', { 'content-length': 200 << 20 }), /more than 4096 bytes/],
    ['never', () => {}, /too long/],
    ['byte by byte', (_, reply) => drip(reply), /too long/],
    ['a redirect', (_, reply) => reply.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /redirect/],
    ['an encoding', (_, reply) => typed(reply, 'x', { 'content-encoding': 'gzip' }), /encoding/],
    ['500', (_, reply) => json(reply, { data: [ADULT] }, 500), /status 500/],
    ['404', (_, reply) => json(reply, { data: [] }, 404), /status 404/],
    ['a cut connection', (_, __, request) => request.socket.destroy(), /broke off/],
    ['a text', (_, reply) => json(reply, 'canary-of-the-reply'), /no JSON object/],
    ['a text for a row', (_, reply) => json(reply, { data: ['canary-of-the-reply'] }), /\(?json/],
    ['another key', row({ GMSFHM: ELSEWHERE.GMSFHM }), /breaks the contract: key/],
    ['no key', row({ GMSFHM: null }), /breaks the contract: key/],
    ['two rows', row({}, 2), /more than one row/],
    ['an unmapped code', row({ XB: 'canary-of-the-reply' }), /gender \(code\)/],
    ['no day', row({ CSRQ: '20260231' }), /born \(date\)/],
    ['no name', row({ XM: null }), /name \(required\)/],
    ['a field twice', row({ name: 'canary-of-the-reply' }), /name \(mapping\)/],
    ['a row to delete', row({ _op: 'delete' }), /operation/],
  ];
  return { wrong, flooded: () => written };
}
