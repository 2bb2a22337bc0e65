import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Outcome, Presented } from '../exchange/answer.js';
import { openTurns, SLICE_ROWS, treeBody } from '../exchange/answering/slices.js';
import { itemAt } from '../platform/known.js';
import type { Rows } from '../query/rows.js';
import { graphqlError } from './error.js';
import type { Parsed } from './parse.js';
import type { Execution, ExecutionContext, RootAnswer } from './resolve.js';

/** Executes the document on rows that are already read. */
export type Execute = (context: ExecutionContext) => Promise<ExecutionResult>;

/** Outcomes, in the order of the asks → status and the exact bytes that leave. */
export async function present(parsed: Parsed, outcomes: readonly Outcome[], execute: Execute): Promise<Presented> {
  const answers = new Map<string, RootAnswer>();
  parsed.shape.forEach((root, index) => {
    const { target } = itemAt(parsed.asks, index);
    const row = target.kind === 'keys' ? (rows: Rows) => rows.ofKey(0) : (rows: Rows) => (rows.length > 0 ? 0 : -1);
    const key = root.path.join('/');
    answers.set(key, { key, path: root.path, outcome: itemAt(outcomes, index), row });
  });
  const door: Execution = { answers, reported: new Set(), atLeast: [], turns: openTurns() };
  const { data, errors } = await execute({ door });
  const extensions = door.atLeast.length === 0 ? {} : { extensions: { counts: door.atLeast } };
  const response =
    errors === undefined ? { data, ...extensions } : { data, errors: errors.map(reportable), ...extensions };
  // With a data entry the status is 200, even where a path failed (GraphQL over HTTP).
  const isLarge = rowsIn(outcomes) > SLICE_ROWS;
  return { status: 200, body: isLarge ? await treeBody(response) : JSON.stringify(response) };
}

function rowsIn(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((rows, outcome) => rows + (outcome.outcome === 'rows' ? outcome.rows.length : 0), 0);
}

/** Returns only errors that we made; any other text could quote a value. */
function reportable(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  if (error.extensions?.problem !== undefined) return error instanceof GraphQLError ? error.toJSON() : error;
  const { message, extensions } = graphqlError('internal');
  return { message, extensions, ...(error.path === undefined ? {} : { path: error.path }) };
}

/** A response without data. */
export function presentErrors(errors: readonly GraphQLError[]): Buffer {
  return Buffer.from(JSON.stringify({ errors: errors.map(reportable) }));
}
