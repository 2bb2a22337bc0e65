import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import type { TestNode } from '../support/node.js';

/** A client that pipelines: raw requests on one connection, which is read only where the test says so. */
export interface Wire {
  socket: Socket;
  /** Bytes that were read. */
  read: Buffer[];
  /** Set when the connection is gone, on performance.now()'s clock. */
  closedAt(): number | undefined;
  text(): string;
}

export interface Pipelining {
  as: string;
  /** Method and target. */
  line: string;
  count: number;
  body?: string;
  /** The connection ends with the reply. */
  close?: boolean;
}

const ROWS = '/data/police/resident/v1/rows';
export const page = (limit: number) => `GET ${ROWS}?_limit=${limit}`;

/** Sends the requests and reads nothing. */
export async function pipeline(node: TestNode, { as, line, count, body, close }: Pipelining): Promise<Wire> {
  const { host, port, hostname } = new URL(node.baseUrl);
  const head = [`${line} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${await node.token(as)}`];
  if (close === true) head.push('Connection: close');
  if (body !== undefined) head.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  const socket = connect({ port: Number(port), host: hostname });
  const read: Buffer[] = [];
  let closedAt: number | undefined;
  socket.pause();
  socket.on('data', (bytes) => read.push(bytes));
  socket.on('error', () => {}); // the server resets it
  socket.on('close', () => {
    closedAt = performance.now();
  });
  socket.write(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`.repeat(count));
  return { socket, read, closedAt: () => closedAt, text: () => Buffer.concat(read).toString() };
}

/** Reads as slowly as it can: a little now and then, until the connection is gone. */
export function readSlowly({ socket }: Wire): void {
  const sip = () => {
    socket.resume();
    setImmediate(() => socket.pause());
  };
  const timer = setInterval(sip, 100);
  socket.once('close', () => clearInterval(timer));
}

/** Reads on and on, so slowly that an answer takes many seconds. Returns what reads the rest at once. */
export function readSteadily({ socket }: Wire): () => void {
  const pause = () => void socket.pause();
  socket.on('data', pause);
  const timer = setInterval(() => socket.resume(), 1_000);
  socket.resume();
  socket.once('close', () => clearInterval(timer));
  return () => {
    clearInterval(timer);
    socket.off('data', pause).resume();
  };
}

/** Bytes that the system still holds for the peer on the server's side; undefined: that side is gone. */
export async function heldFor({ socket }: Wire): Promise<number | undefined> {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  const ends = `:${hex(socket.remotePort ?? 0)} 0100007F:${hex(socket.localPort ?? 0)} `;
  const line = (await readFile('/proc/net/tcp', 'latin1')).split('\n').find((each) => each.includes(ends));
  return line === undefined ? undefined : Number.parseInt(/ [0-9A-F]{2} ([0-9A-F]{8}):/.exec(line)![1]!, 16);
}
