import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Application } from '../access/identity/subject.js';
import type { Checkpoints } from '../audit/checkpoint.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Contract } from '../catalog/contract.js';
import { contractId } from '../catalog/contract-id.js';
import { proxyOf } from '../catalog/source-terms.js';
import type { Exchange } from '../exchange/exchange.js';
import type { Permitted } from './http/authorise-request.js';
import type { HeaderParameter } from './openapi/headers.js';

/**
 * Who calls: any registered application, one that holds the role, one that holds a grant on the dataset, one that may deliver into it.
 * `anyone` needs no token; a `client` proves itself by the assertion in the body.
 */
export type CallerRole = 'application' | 'operator' | 'auditor' | 'reader' | 'deliverer';
export type Who = 'anyone' | 'client' | readonly [CallerRole, ...CallerRole[]];

export interface ReplyShape {
  description: string;
  /** By media type; none: no body. */
  content?: Readonly<Record<string, TSchema>>;
  /** By name, beside those that every reply has. */
  headers?: readonly string[];
}

/** What an operation of the platform needs to be carried out, whichever it is. */
export interface OperationContext {
  exchange: Exchange;
  checkpoints: Checkpoints;
  /** Deliveries that go on after their reply. */
  running: Set<Promise<unknown>>;
  /** Undefined when ready, else why not, in a word or two. */
  notReady(): Promise<string | undefined>;
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** One request that was let in and read: what the operation says of it holds. */
export interface Called<P = unknown, Q = unknown, B = unknown, C = unknown> {
  request: FastifyRequest;
  reply: FastifyReply;
  params: P;
  /** Throws Problem unknown-parameter, repeated-parameter, bad-value only where the handler itself decides who may ask. */
  query(): Q;
  body: B;
  caller: C;
}

/** How a request reaches the handler. */
export interface Served<C extends Called = Called> {
  method: 'GET' | 'HEAD' | 'QUERY' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** RFC 6570: `{name}` is a segment or a part of one, `{+name}` all that is left, slashes included. */
  path: string;
  who: Who;
  params?: TSchema;
  /** What a malformed path parameter is: nothing there, or (where absent) a bad value. */
  malformed?: 'not-found';
  /** Absent: none is taken. `by contract`: the handler reads it. */
  query?: TSchema | 'by contract';
  /** JSON, parsed and checked. */
  body?: TSchema;
  bodyLimitBytes?: number;
  /** Bodies by media type that are handed on as a stream. */
  streams?: Readonly<Record<string, TSchema>>;
  timeoutMs?: number;
  /** Every step of the handler has its own time limit: no timer is needed around it. */
  bounded?: boolean;
  /** Absent where another part answers: the authorization server, the GraphQL door. What it returns is sent as JSON. */
  handler?(context: OperationContext, call: C): unknown;
}

/** What the document says of an operation. */
export interface Documented {
  id: string;
  summary: string;
  /** The description of the first reply where absent. */
  description?: string;
  headers?: readonly HeaderParameter[];
  replies: Readonly<Record<number, ReplyShape>>;
  /** Statuses of problems beside those that every operation can end in. */
  problems?: readonly number[];
}

/** One operation of the platform: its route, its checks and its part of the document. */
export interface Operation<C extends Called = Called> extends Served<C>, Documented {
  tag: string;
}

/** A contract as its operations are described. */
export interface DescribedDataset {
  contract: Contract;
  catalog: Catalog;
  /** `PoliceResident` */
  name: string;
  /** `户籍人口 Registered resident` */
  title: string;
}

/** One operation of every dataset: one route, and one entry of the document for each contract. `of` may narrow what the route takes. */
export interface DatasetOperation<C extends Called = Called> extends Served<C> {
  /** Undefined where the contract has no such operation. */
  of(
    dataset: DescribedDataset,
  ): (Documented & Partial<Pick<Served, 'params' | 'query' | 'body' | 'streams'>>) | undefined;
}

/** Everything below it belongs to one dataset. */
export const DATASET = '/data/{publisher}/{dataset}/v{major}';

export interface DatasetParams {
  publisher: string;
  dataset: string;
  major: string;
}

export function contractIdOf({ publisher, dataset, major }: Record<keyof DatasetParams, string | number>): string {
  return contractId(`${publisher}/${dataset}`, major);
}

/** Operations of the datasets whose contract fits. */
export function whereContract(
  fits: (contract: Contract) => boolean,
  operations: readonly DatasetOperation[],
): DatasetOperation[] {
  return operations.map((each) => ({
    ...each,
    of: (dataset) => (fits(dataset.contract) ? each.of(dataset) : undefined),
  }));
}

/** Asked of its department for each ask: nothing of it is kept here, so nothing is delivered. */
export const isKept = (contract: Contract): boolean => proxyOf(contract) === undefined;

interface Typed<W extends Who, P extends TSchema, Q extends TSchema, B extends TSchema> {
  who: W;
  params?: P;
  query?: Q | 'by contract';
  body?: B;
}

type CallerOf<W extends Who> = W extends readonly ['deliverer']
  ? Permitted
  : W extends 'anyone' | 'client' | readonly ['reader']
    ? undefined
    : Application;

/** Types the handler by the schemas beside it. */
export function operation<const W extends Who, P extends TSchema, Q extends TSchema, B extends TSchema>(
  spec: Operation<Called<Static<P>, Static<Q>, Static<B>, CallerOf<W>>> & Typed<W, P, Q, B>,
): Operation {
  return spec;
}

/** The same for an operation of every dataset. */
export function datasetOperation<const W extends Who, P extends TSchema, Q extends TSchema, B extends TSchema>(
  spec: DatasetOperation<Called<DatasetParams & Static<P>, Static<Q>, Static<B>, CallerOf<W>>> & Typed<W, P, Q, B>,
): DatasetOperation {
  return spec;
}

export function json(description: string, schema: TSchema, headers: readonly string[] = []): ReplyShape {
  return { description, content: { 'application/json': schema }, headers };
}
