import { type ASTNode, GraphQLError } from 'graphql';
import { type Fault, PROBLEMS, type Problem, type ProblemCode } from '../platform/errors.js';

/** `extensions.code`: the coarse class that GraphQL clients use. `extensions.problem` is the code of our register. */
function classOf(code: ProblemCode): string {
  const { status } = PROBLEMS[code];
  if (status === 401) return 'UNAUTHENTICATED';
  // Names are public in the schema, so a dataset without a grant is forbidden, not absent.
  if (status === 403 || status === 404) return 'FORBIDDEN';
  if (status === 429) return 'TOO_MANY_REQUESTS';
  if (status >= 500) return status === 500 ? 'INTERNAL' : 'UNAVAILABLE';
  return 'BAD_REQUEST';
}

interface More {
  message?: string;
  nodes?: ASTNode | readonly ASTNode[];
  faults?: readonly Fault[];
}

/** An error for the response's `errors`. Its text is ours or the register's, and never contains a value. */
export function graphqlError(code: ProblemCode, more: More = {}): GraphQLError {
  const errors = more.faults ?? [];
  return new GraphQLError((more.message ?? PROBLEMS[code].title).slice(0, 300), {
    nodes: more.nodes ?? null,
    extensions: { code: classOf(code), problem: code, ...(errors.length === 0 ? {} : { errors }) },
  });
}

export function errorOfProblem(problem: Problem, nodes?: ASTNode | readonly ASTNode[]): GraphQLError {
  return graphqlError(problem.code, {
    message: problem.message,
    faults: problem.faults,
    ...(nodes === undefined ? {} : { nodes }),
  });
}

/** A request that is not executed: the response has errors and no data. */
export class Refusal extends Error {
  readonly errors: readonly GraphQLError[];
  readonly status: number;
  /** True where the body is no GraphQL request (no JSON, no query). */
  readonly malformed: boolean;

  constructor(errors: readonly GraphQLError[], { status = 400, malformed = false } = {}) {
    super('The request was refused');
    this.name = 'Refusal';
    this.errors = errors;
    this.status = status;
    this.malformed = malformed;
  }
}

export function refuse(code: ProblemCode, more: More = {}): Refusal {
  return new Refusal([graphqlError(code, more)], { status: PROBLEMS[code].status });
}
