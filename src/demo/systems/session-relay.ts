import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** A port on loopback for one user of one PostgreSQL database whose server may listen only on a socket. */
export interface SessionRelay {
  host: string;
  port: number;
  close(): Promise<void>;
}

export interface SessionOf {
  server: NetConnectOpts;
  user: string;
  database: string;
}

const HOST = '127.0.0.1';
/** `StartupMessage` of protocol 3.x (PostgreSQL, Message Formats): length, version, NUL-terminated names and values. */
const HEAD_BYTES = 8;
const PROTOCOL = 3;
const STARTUP_AT_MOST = 2_048;
const STARTUP_MS = 10_000;

/**
 * The embedded server is private. This opens it only for the intended session: another user, another database,
 * encryption or cancellation closes the connection before a byte is passed on.
 */
export async function relaySessions(of: SessionOf): Promise<SessionRelay> {
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    keep(sockets, inner);
    const late = setTimeout(() => inner.destroy(), STARTUP_MS);
    inner.once('close', () => clearTimeout(late));
    let begun = Buffer.alloc(0);
    const begin = (chunk: Buffer) => {
      begun = Buffer.concat([begun, chunk]);
      const isWhole = begun.length >= HEAD_BYTES && begun.length >= begun.readUInt32BE(0);
      if (!isWhole && begun.length < STARTUP_AT_MOST) return;
      clearTimeout(late);
      inner.off('data', begin).pause();
      if (!isWhole || !isMeant(begun, of)) inner.destroy();
      else join(inner, { begun, server: of.server, sockets });
    };
    inner.on('data', begin);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, HOST, resolve));
  return {
    host: HOST,
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function isMeant(message: Buffer, { user, database }: SessionOf): boolean {
  if (message.readUInt16BE(4) !== PROTOCOL) return false;
  const parts = message.toString('utf8', HEAD_BYTES, message.readUInt32BE(0)).split('\0');
  const said = (name: string) => parts.flatMap((part, at) => (at % 2 === 0 && part === name ? [parts[at + 1]] : []));
  const only = (name: string, value: string) => said(name).length === 1 && said(name)[0] === value;
  return only('user', user) && only('database', database) && said('replication').length === 0;
}

function join(
  inner: Socket,
  { begun, server, sockets }: { begun: Buffer; server: NetConnectOpts; sockets: Set<Socket> },
): void {
  const outer = connect(server);
  keep(sockets, outer);
  inner.once('close', () => outer.destroy());
  outer.once('close', () => inner.destroy());
  outer.write(begun);
  inner.pipe(outer).pipe(inner);
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => {}); // it closes, and the other end with it
  socket.once('close', () => sockets.delete(socket));
}
