import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Subject } from '../../access/identity/subject.js';
import type { Callers } from '../../access/people/caller.js';
import type { Receipt } from '../../audit/entry.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import { type Call, callOf } from '../../exchange/call.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The identity hook sets it before the handler of any protected route. */
    subject: Subject;
  }
  interface FastifyContextConfig {
    /** Among protected routes: open to callers without a token. */
    public?: boolean;
    /** Who may call, where roles decide. */
    who?: Callers;
    /** Every step of the handler has its own time limit: no timer is needed. */
    bounded?: boolean;
    /** The body goes to the handler as a stream. */
    streams?: boolean;
  }
}

export function callOfRequest(request: FastifyRequest): Call {
  const { subject, id, ip, recipient } = request;
  return callOf(request.headers, { subject, request: id, address: ip, recipient });
}

export function withReceipt(reply: FastifyReply, receipt: Receipt): FastifyReply {
  return reply.header('exchange-receipt', receiptHeader(receipt));
}

/** The body of an operation that streams it. */
export function streamOf({ body }: FastifyRequest): Readable {
  return body instanceof Readable ? body : Readable.from([]);
}
