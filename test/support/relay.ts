import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

/** A port on loopback that forwards elsewhere, and can be cut. */
export interface Relay {
  port: number;
  /** Cuts every connection after so many bytes came back; undefined = never. */
  cutAfter: number | undefined;
  /** After so many bytes nothing comes back, and the connection stays open. */
  silentAfter: number | undefined;
  /** Cuts the connection that sends next: before what it sends arrives, or after, so that the reply is lost. Once. */
  cutNext: 'before' | 'after' | undefined;
  /** Where later connections go. */
  target: NetConnectOpts;
  /** Cuts every connection that is open. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function relayTo(target: NetConnectOpts): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(relay.target);
    let bytes = 0;
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        inner.destroy();
        outer.destroy();
      });
    }
    inner.on('data', (chunk: Buffer) => {
      const cut = relay.cutNext;
      relay.cutNext = undefined;
      if (cut === 'before') return inner.destroy();
      if (cut === 'after') outer.removeAllListeners('data').on('data', () => inner.destroy());
      if (!outer.write(chunk)) {
        inner.pause();
        outer.once('drain', () => inner.resume());
      }
    });
    inner.once('end', () => outer.end());
    outer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (relay.cutAfter !== undefined && bytes > relay.cutAfter) inner.destroy();
      else if (relay.silentAfter !== undefined && bytes > relay.silentAfter) outer.pause();
      else if (!inner.write(chunk)) {
        outer.pause();
        inner.once('drain', () => outer.resume());
      }
    });
  });
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const relay: Relay = {
    port: (server.address() as { port: number }).port,
    cutAfter: undefined,
    silentAfter: undefined,
    cutNext: undefined,
    target,
    cutAll,
    close: () => {
      cutAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return relay;
}
