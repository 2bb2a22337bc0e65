import type { TSchema } from 'typebox';
import { isObject } from '../../platform/json-pointer.js';
import type { Operation, ReplyShape, Who } from '../operation.js';
import { COMMA_SEPARATED } from './dataset/dataset-parameters.js';
import { ALWAYS } from './headers.js';
import type { OpenapiOperation } from './openapi-document.js';
import { headerRefs, problemRef } from './problems.js';

type Plain = Record<string, unknown>;
type SecurityKind = 'anyone' | 'client' | 'application';

const SECURITY: Readonly<Record<SecurityKind, Record<string, string[]>[]>> = {
  application: [{ oauth2: [] }, { accessToken: [] }],
  anyone: [{}],
  client: [{ clientAssertion: [] }],
};

/** The errors of every operation, besides its own replies. */
const ENDINGS: Readonly<Record<SecurityKind, readonly number[]>> = {
  application: [400, 401, 429, 500, 503, 504],
  anyone: [400, 500, 503, 504],
  client: [500, 503],
};

/** One operation of the document. Schemas with a name become components in `schemas`. */
export function writeOperation(operation: Operation, schemas: Record<string, Plain>): OpenapiOperation {
  const { id, tag, summary, description, who, replies, problems = [], headers = [], params, query } = operation;
  const kind = kindOf(who);
  const body = operation.streams ?? (operation.body === undefined ? undefined : { 'application/json': operation.body });
  const parameters = [
    ...parametersOf('path', params, schemas),
    ...(query === 'by contract' ? [] : parametersOf('query', query, schemas)),
    ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ];
  const endings = [...problems, ...(body === undefined ? [] : [408]), ...ENDINGS[kind]].filter(
    (status) => replies[status] === undefined,
  );
  return {
    operationId: id,
    summary,
    tags: [tag],
    description: description ?? Object.values(replies)[0]?.description ?? summary,
    'x-who': typeof who === 'string' ? [who] : [...who],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body, schemas) } }),
    security: SECURITY[kind],
    responses: {
      ...Object.fromEntries(Object.entries(replies).map(([status, reply]) => [status, replyOf(reply, schemas)])),
      ...Object.fromEntries(endings.map((status): [string, Plain] => [String(status), problemRef(status)])),
    },
  };
}

function kindOf(who: Who): SecurityKind {
  return typeof who === 'string' ? who : 'application';
}

function parametersOf(place: 'path' | 'query', schema: TSchema | undefined, schemas: Record<string, Plain>): Plain[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, TSchema & { description?: string }>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    ...(COMMA_SEPARATED.has(name) ? { style: 'form', explode: false } : {}),
    schema: componentsOf(rest, schemas),
  }));
}

function replyOf({ description, content, headers = [] }: ReplyShape, schemas: Record<string, Plain>): Plain {
  return {
    description,
    headers: headerRefs([...ALWAYS, ...headers]),
    ...(content === undefined ? {} : { content: contentOf(content, schemas) }),
  };
}

function contentOf(content: Readonly<Record<string, unknown>>, schemas: Record<string, Plain>): Plain {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: componentsOf(schema, schemas) }]),
  );
}

/** The same for every member of an object. */
export function membersOf(members: Plain, schemas: Record<string, Plain>): Plain {
  return Object.fromEntries(Object.entries(members).map(([name, part]) => [name, componentsOf(part, schemas)]));
}

/** The same schema; each part that has an `$id` becomes a component and a reference to it. */
function componentsOf(node: unknown, schemas: Record<string, Plain>): unknown {
  if (Array.isArray(node)) return node.map((part) => componentsOf(part, schemas));
  if (!isObject(node)) return node;
  const { $id, ...members } = node;
  const written = () => membersOf(members, schemas);
  if (typeof $id !== 'string') return $id === undefined ? written() : { ...written(), $id: componentsOf($id, schemas) };
  if (schemas[$id] === undefined) {
    schemas[$id] = {}; // the schema may refer to itself
    schemas[$id] = written();
  }
  return { $ref: `#/components/schemas/${$id}` };
}
