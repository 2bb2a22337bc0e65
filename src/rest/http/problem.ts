import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Gone } from '../../exchange/in-flight/recipient.js';
import { errorCode, type Fault, PROBLEMS, Problem, type ProblemCode } from '../../platform/errors.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { programHeaders } from './program-headers.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ProblemCode;
  errors: readonly Fault[];
  trace_id: string;
}

/**
 * The body of one error (RFC 9457). `type` is a page of this server; `trace_id` finds the request in the logs and in
 * the audit log.
 */
export function problemBody(
  code: ProblemCode,
  about: { detail?: string; faults?: readonly Fault[]; request: string; publicUrl: string },
): ProblemBody {
  const { status, title } = PROBLEMS[code];
  return {
    type: `${about.publicUrl}/problems/${code}`,
    title,
    status,
    detail: about.detail ?? title,
    instance: `urn:uuid:${about.request}`,
    code,
    errors: about.faults ?? [],
    trace_id: about.request,
  };
}

/** Sends it with our headers, and no other part of the error. */
export function sendProblem(reply: FastifyReply, problem: Problem, publicUrl: string): FastifyReply {
  const body = problemBody(problem.code, {
    detail: problem.message,
    faults: problem.faults,
    request: reply.request.id,
    publicUrl,
  });
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter));
  if (problem.code === 'unauthenticated') reply.header('www-authenticate', challenge(reply.request));
  reply.headers(programHeaders(publicUrl));
  return reply.code(problem.status).header('cache-control', 'no-store').type(PROBLEM_TYPE).send(JSON.stringify(body));
}

/** RFC 6750, 3: without a token the reply names only the scheme. */
export function challenge(request: FastifyRequest): string {
  return request.headers.authorization === undefined
    ? 'Bearer realm="civic-exchange"'
    : 'Bearer realm="civic-exchange", error="invalid_token"';
}

/**
 * Errors of the framework, with codes of the register. All others are the database's or ours, and their text is not
 * sent.
 */
const FRAMEWORK: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'bad-body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'bad-body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad-body',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported-media-type',
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: 'unsupported-media-type',
  FST_ERR_HANDLER_TIMEOUT: 'timeout',
};

/** By status, for errors of the framework that have no code above: what we did not foresee is the caller's fault all the same. */
const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  413: 'too-large',
  414: 'not-found',
  415: 'unsupported-media-type',
};

/** @param error of any part: of ours, the framework, or the database */
export function asProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  const known = FRAMEWORK[errorCode(error) ?? ''];
  if (known !== undefined) return new Problem(known, undefined, { cause: error });
  if (isBrokenOff(request)) return new Problem('bad-body', 'The body broke off.', { cause: error });
  const status = frameworkStatus(error);
  if (error instanceof SyntaxError && status === 400)
    return new Problem('bad-body', 'The body is not valid JSON.', { cause: error });
  const isCallers = status !== undefined && status >= 400 && status < 500 && !(error instanceof SyntaxError);
  if (isCallers) return new Problem(BY_STATUS[status] ?? 'bad-header', 'The request is malformed.', { cause: error });
  return databaseProblem(error);
}

/** The sender is gone before its body was complete. */
function isBrokenOff({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}

/** fastify's errors have its codes; those of its plugins are of `http-errors`, which have `expose`. */
function frameworkStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  const isIts = error instanceof SyntaxError || 'expose' in error || errorCode(error)?.startsWith('FST_') === true;
  return isIts ? error.statusCode : undefined;
}

export function installProblems(app: FastifyInstance, publicUrl: string): void {
  app.setErrorHandler((error, request, reply) => {
    const problem = asProblem(error, request);
    // The cause may contain data, so only its kind is logged.
    if (problem.status >= 500 && !(problem instanceof Gone))
      request.log.error({ code: problem.code, cause: causeOf(problem) }, 'request failed');
    return sendProblem(reply, problem, publicUrl);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, new Problem('not-found'), publicUrl));
}

function causeOf(problem: Problem): string | undefined {
  const cause = problem.cause;
  if (!(cause instanceof Error)) return undefined;
  const where = cause.stack
    ?.split('\n')
    .slice(1, 4)
    .map((line) => line.trim())
    .join(' < ');
  return `${cause.name}${'code' in cause ? ` ${String(cause.code)}` : ''} ${where ?? ''}`.trim();
}
