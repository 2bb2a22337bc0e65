import { connect, type Socket } from 'node:net';

interface RawReply {
  /** 0: the connection ended without a reply. */
  status: number;
  headers: Record<string, string>;
  text: string;
  /** Interim replies (1xx) before it. */
  interim: number[];
}

/** Opens a connection and writes these bytes. */
export function open(baseUrl: string, bytes = ''): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => {}); // a test reads of it in what comes, or does not
      socket.write(bytes, 'latin1');
      resolve(socket);
    });
  });
}

/** Reads one reply whose length is stated, or what came until the connection ended. */
export function reply(socket: Socket): Promise<RawReply> {
  return new Promise((resolve) => {
    let got = '';
    const read = (isEnd: boolean) => {
      const one = parse(got, isEnd);
      if (one === undefined) return;
      socket.off('data', onData);
      resolve(one);
    };
    const onData = (chunk: Buffer) => {
      got += chunk.toString('latin1');
      read(false);
    };
    socket.on('data', onData);
    socket.once('close', () => read(true));
  });
}

/** One request in exactly these bytes, on a connection of its own. */
export async function raw(baseUrl: string, bytes: string): Promise<RawReply> {
  const socket = await open(baseUrl, bytes);
  const got = await reply(socket);
  socket.destroy();
  return got;
}

function parse(got: string, isEnd: boolean): RawReply | undefined {
  const interim: number[] = [];
  let rest = got;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return isEnd ? { status: 0, headers: {}, text: rest, interim } : undefined;
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(line.split(' ')[1]);
    rest = rest.slice(end + 4);
    if (status < 200) {
      interim.push(status);
      continue;
    }
    const headers = Object.fromEntries(
      lines.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
    return rest.length >= length || isEnd ? { status, headers, text: rest, interim } : undefined;
  }
}
