import type { ASTNode, OperationDefinitionNode } from 'graphql';
import { GraphQLError, getArgumentValues, getVariableValues, print } from 'graphql';
import type { Catalog } from '../catalog/catalog.js';
import type { Field } from '../catalog/contract.js';
import { Problem } from '../platform/errors.js';
import { known } from '../platform/known.js';
import type { Ask, Target } from '../query/ask.js';
import { ASK_LIMITS } from '../query/limits.js';
import { parseSort } from '../query/names.js';
import { parseValue } from '../query/value.js';
import { isPersonal } from '../standard/mask.js';
import type { Documents, Prepared } from './document.js';
import { graphqlError, Refusal, refuse } from './error.js';
import { isDeeper, LIMITS, tooComplex } from './limits.js';
import { type RootShape, type Shape, shapeOf } from './shape.js';
import { codeOfInputField, findUnknownInput } from './validation.js';
import { fieldsOf, readWhere } from './where.js';

export interface GraphqlRequest {
  query: string;
  variables: Readonly<Record<string, unknown>>;
  operationName: string | undefined;
}

/** What the door knows besides the request. */
export interface ParseContext {
  documents: Documents;
  catalog: Catalog;
  /** Whether errors may suggest similar names. */
  suggestions: boolean;
  /** True where the request must not contain personal values, because it is a URL. */
  refusePersonal: boolean;
}

export interface Parsed {
  prepared: Prepared;
  /** In the order of `asks`. */
  shape: Shape;
  asks: readonly Ask[];
  /** Whether mercurius needs the variables. */
  hasVariables: boolean;
}

/** Document + variables → one Ask per dataset field. Throws Refusal. */
export function parseRequest(request: GraphqlRequest, reading: ParseContext): Parsed {
  const prepared = reading.documents.prepare(request.query);
  const operation = chooseOperation(prepared, request.operationName);
  const variables = readVariables(operation, request.variables, reading);
  const shape = atNode(operation, () => shapeOf(reading.documents, prepared, operation, variables));
  let cost = 0;
  const asks = shape.map((root) => {
    const ask = atNode(root.node, () => readAsk(root, variables, reading), reading.suggestions);
    cost += (ask.target.kind === 'page' ? ask.target.limit : 1) * root.weight;
    return ask;
  });
  if (cost > LIMITS.cost) throw tooComplex('The estimated cost is too high: fewer rows, fields or relations.');
  return { prepared, shape, asks, hasVariables: (operation.variableDefinitions ?? []).length > 0 };
}

function chooseOperation({ operations }: Prepared, name: string | undefined): OperationDefinitionNode {
  const found = name === undefined ? operations : operations.filter((operation) => operation.name?.value === name);
  const [operation, ...others] = found;
  if (operation !== undefined && others.length === 0) return operation;
  throw refuse('bad-body', {
    message: found.length === 0 ? 'The document has no such operation.' : 'Name the operation by operationName.',
  });
}

function readVariables(
  operation: OperationDefinitionNode,
  inputs: Readonly<Record<string, unknown>>,
  { documents: { index } }: ParseContext,
): Record<string, unknown> {
  if (isDeeper(inputs, LIMITS.variableDepth)) throw tooComplex('The variables are nested too deeply.');
  const definitions = operation.variableDefinitions ?? [];
  const { coerced, errors } = getVariableValues(index.schema, definitions, inputs, { maxErrors: 10 });
  if (errors === undefined) return coerced;
  // The texts of graphql-js print the value. Name the variable and its type instead, and any unknown name in it.
  const wrong = definitions.filter((definition) => errors.some(({ nodes }) => nodes?.[0] === definition));
  const reported = wrong.map((definition) => {
    const name = definition.variable.name.value;
    const type = print(definition.type);
    const unknown = findUnknownInput(inputs[name], type.replace(/[[\]!]/g, ''), index.schema);
    if (unknown === undefined) {
      return graphqlError('bad-value', { message: `Variable "$${name}" is not of type "${type}".`, nodes: definition });
    }
    const code = codeOfInputField(unknown.name, unknown.type, index);
    const message = `Variable "$${name}": type "${unknown.type}" has no such field.`;
    return graphqlError(code, { message, nodes: definition });
  });
  throw new Refusal(reported.length > 0 ? reported : [graphqlError('bad-value')]);
}

/** Reports a problem at its place in the document. */
function atNode<Result>(node: ASTNode, read: () => Result, suggestions = false): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem) {
      const { code, message, status } = error;
      const faults = suggestions ? error.faults : error.faults.map(({ suggestion: _, ...fault }) => fault);
      throw new Refusal([graphqlError(code, { message, faults, nodes: node })], { status });
    }
    // graphql-js prints the literal in its text.
    if (error instanceof GraphQLError) throw refuse('bad-value', { nodes: node });
    throw error;
  }
}

function readAsk(root: RootShape, variables: Record<string, unknown>, reading: ParseContext): Ask {
  const input = getArgumentValues(root.definition, root.node, variables);
  const target = root.kind === 'one' ? readOne(root, input, reading) : readPage(root, input, reading);
  return { contract: root.contract, target, selection: root.selection, partial: true };
}

function readOne({ contract }: RootShape, input: Record<string, unknown>, reading: ParseContext): Target {
  const given = contract.key.filter((name) => input[name] !== undefined && input[name] !== null);
  const id = input._id;
  if (typeof id === 'string' && given.length === 0) return { kind: 'id', id };
  if (typeof id === 'string' || given.length !== contract.key.length) {
    throw new Problem('bad-value', `Give either _id or the whole key: ${contract.key.join(', ')}.`, {
      faults: [{ parameter: '_id', reason: 'one row is named by _id or by its key' }],
    });
  }
  const fields = contract.key.map((name) => known(contract.fields, name));
  const { standard } = reading.catalog;
  checkUrl(fields, reading);
  return { kind: 'keys', keys: [fields.map((field) => parseValue({ field, op: 'eq', standard }, input[field.name]))] };
}

function readPage(root: RootShape, input: Record<string, unknown>, reading: ParseContext): Target {
  const { contract, wantsRows, wantsCount } = root;
  const where = readWhere(input.where, contract, reading.catalog);
  checkUrl(fieldsOf(where, contract, reading.catalog), reading);
  const { least, most } = ASK_LIMITS.page;
  const limit = input.first ?? ASK_LIMITS.page.default;
  if (typeof limit !== 'number' || limit < least || limit > most) {
    throw new Problem('bad-limit', undefined, {
      faults: [{ parameter: 'first', reason: 'out of range', expected: `${least} to ${most}` }],
    });
  }
  return {
    kind: 'page',
    where,
    sort: readSort(root, input.sort),
    // Rows that the caller does not select are not fetched, and the log does not list them as having left.
    limit: wantsRows ? limit : 0,
    cursor: typeof input.after === 'string' ? input.after : undefined,
    count: !wantsCount ? 'none' : contract.exactCount ? 'exact' : 'estimated',
  };
}

function readSort({ contract }: RootShape, input: unknown): { field: string; descending: boolean } | undefined {
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (input.length === 1) return parseSort(contract, String(input[0]), { parameter: 'sort' });
  throw new Problem('bad-value', 'sort takes one field.', { faults: [{ parameter: 'sort', reason: 'too many' }] });
}

/** Proxies and logs keep URLs, so no personal value may be in one (PIPL art. 51). */
function checkUrl(fields: readonly Field[], { refusePersonal }: ParseContext): void {
  if (!refusePersonal) return;
  const personal = fields.filter(({ sensitivity }) => isPersonal(sensitivity));
  if (personal.length === 0) return;
  throw new Problem('use-body', undefined, {
    faults: personal.map(({ name }) => ({ parameter: name, reason: 'personal', expected: 'POST' })),
  });
}
