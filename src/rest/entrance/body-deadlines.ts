import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { endWithProblem } from './malformed.js';

/** For the whole body of JSON or a form, and for the rest of a body whose request has its reply. */
const BODY_MS = 10_000;
/** What an upload must bring in a second on average … */
const UPLOAD_BYTES_PER_SECOND = 1_024;
/** … and the seconds that it may fall behind. */
const UPLOAD_CREDIT_SECONDS = 30;
const SWEEP_MS = 1_000;

interface BodyDeadlines {
  watch(request: FastifyRequest, reply: FastifyReply): void;
  /** Its reply is sent: nothing to watch if its body has arrived. */
  done(request: IncomingMessage): void;
  close(): void;
}

interface Watched {
  request: FastifyRequest;
  reply: FastifyReply;
  since: number;
  /** Bytes that the connection had read at the last sweep. */
  bytes: number;
  credit: number;
}

/** Cuts connections whose body comes too slowly. One timer serves all: a timer a request would cost more than the request. */
export function openBodyDeadlines({ publicUrl }: { publicUrl: string }): BodyDeadlines {
  const watched = new Map<IncomingMessage, Watched>();

  function sweep(): void {
    const now = performance.now();
    for (const [raw, each] of watched) {
      if (raw.complete || raw.destroyed) watched.delete(raw);
      else if (isLate(each, now)) {
        watched.delete(raw);
        cut(each);
      }
    }
  }
  function cut({ request: { raw }, reply }: Watched): void {
    // The reply has begun, or waits for the replies of requests before it.
    if (reply.raw.headersSent || reply.raw.socket === null) return void raw.socket.destroy();
    endWithProblem(raw.socket, { code: 'request-timeout', detail: 'The body came too slowly.', publicUrl });
  }
  const timer = setInterval(sweep, SWEEP_MS);
  timer.unref();
  return {
    watch: (request, reply) => {
      const { raw } = request;
      const { bytesRead: bytes } = raw.socket;
      watched.set(raw, { request, reply, since: performance.now(), bytes, credit: UPLOAD_CREDIT_SECONDS });
    },
    done: (raw) => {
      if (raw.complete) watched.delete(raw);
    },
    close: () => clearInterval(timer),
  };
}

function isLate(each: Watched, now: number): boolean {
  const { request, reply } = each;
  const isUpload = request.routeOptions.config.streams === true && !reply.raw.writableEnded;
  if (!isUpload) return now - each.since > BODY_MS;
  const { bytesRead } = request.raw.socket;
  const arrived = bytesRead - each.bytes;
  each.bytes = bytesRead;
  // What waits to be read by us is no fault of the sender.
  if (request.raw.readableLength > 0) return false;
  each.credit = Math.min(UPLOAD_CREDIT_SECONDS, each.credit + arrived / UPLOAD_BYTES_PER_SECOND - 1);
  return each.credit < 0;
}

/** RFC 9112, 6.3: a request has a body if one of the two headers says so. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}
