import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEMS, type ProblemCode } from '../../platform/errors.js';
import { PROBLEM_TYPE, problemBody } from '../http/problem.js';
import { programHeaders } from '../http/program-headers.js';

const MALFORMED: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [
    'bad-header',
    'The path and the headers are too large: 16 KiB at most. Put a long ask in a body.',
  ],
};

/** Answers input that never becomes a request, such as raw bytes in the path, by a problem all the same. */
export function refuseMalformed(error: Error & { code?: string }, socket: Duplex, publicUrl: string): void {
  if (error.code === 'ECONNRESET') return void socket.destroy();
  const known = MALFORMED[error.code ?? ''];
  const [code, detail] = known ?? ['bad-header', 'The request is not valid HTTP: percent-encode what is not ASCII.'];
  endWithProblem(socket, { code, detail, publicUrl });
}

/** Requests that Node would answer itself, without our headers or not at all: CONNECT, and an expectation that is not 100-continue. */
export function refuseOddRequests(server: Server, publicUrl: string): void {
  server.on('connect', (_request, socket) =>
    endWithProblem(socket, { code: 'bad-header', detail: 'This is no proxy.', publicUrl }),
  );
  server.on('checkExpectation', (_request, response) => {
    const { status, headers, body } = problemReply({
      code: 'bad-header',
      detail: 'Expect: 100-continue only.',
      publicUrl,
    });
    response.writeHead(status, headers).end(body);
  });
}

interface EndedWith {
  code: ProblemCode;
  detail: string;
  publicUrl: string;
}

/** Writes the problem and closes both directions: a peer that never closes its own would keep the file descriptor. */
export function endWithProblem(socket: Duplex, refusal: EndedWith): void {
  if (!socket.writable) return void socket.destroy();
  const { status, headers, body } = problemReply(refusal);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () =>
    socket.destroy(),
  );
}

function problemReply({ code, detail, publicUrl }: EndedWith) {
  const body = JSON.stringify(problemBody(code, { detail, request: randomUUID(), publicUrl }));
  const headers = {
    ...programHeaders(publicUrl),
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
  };
  return { status: PROBLEMS[code].status, headers, body };
}
