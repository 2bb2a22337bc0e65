import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Caller, Callers } from '../access/people/caller.js';
import type { Sessions } from '../access/people/sessions.js';
import type { Secrets } from '../access/sign-in/secrets.js';
import type { Checkpoints } from '../audit/checkpoint.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Contract } from '../catalog/contract.js';
import { contractId } from '../catalog/contract-id.js';
import { proxyOf } from '../catalog/source-terms.js';
import type { Exchange } from '../exchange/exchange.js';
import type { Readiness } from '../platform/health/readiness.js';
import type { Permitted } from './http/authorise-request.js';
import type { HeaderParameter } from './openapi/headers.js';

/**
 * The caller: any registered application or person, one that has the role, an application that has a grant on the
 * dataset (`reader`), or one that may deliver into it (`deliverer`). `anyone` needs no token; a `client` authenticates by
 * the assertion in the body.
 */
export type Who = 'anyone' | 'client' | readonly ['reader'] | readonly ['deliverer'] | Callers;

export interface ReplyShape {
  description: string;
  /** By media type; none: no body. */
  content?: Readonly<Record<string, TSchema>>;
  /** By name, besides those of every reply. */
  headers?: readonly string[];
}

/** What operations of the platform need to run. */
export interface OperationContext {
  exchange: Exchange;
  checkpoints: Checkpoints;
  sessions: Sessions;
  secrets: Secrets;
  /** Deliveries that continue after their reply. */
  running: Set<Promise<unknown>>;
  readiness: Pick<Readiness, 'reasons'>;
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** One request after authorisation and checks: its values match the operation's schemas. */
export interface Called<P = unknown, Q = unknown, B = unknown, C = unknown> {
  request: FastifyRequest;
  reply: FastifyReply;
  params: P;
  /** Throws Problem unknown-parameter, repeated-parameter, bad-value only if the handler itself decides who may ask. */
  query(): Q;
  body: B;
  caller: C;
}

/** How a request reaches the handler. */
export interface Served<C extends Called = Called> {
  method: 'GET' | 'HEAD' | 'QUERY' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** RFC 6570: `{name}` is a segment or a part of one; `{+name}` is the rest of the path with its slashes. */
  path: string;
  who: Who;
  params?: TSchema;
  /** The problem of a malformed path parameter. Default: bad-value. */
  malformed?: 'not-found';
  /** Absent: no query is accepted. `by contract`: the handler reads it. */
  query?: TSchema | 'by contract';
  /** JSON, parsed and checked. */
  body?: TSchema;
  bodyLimitBytes?: number;
  /** Bodies that are streamed to the handler, by media type. */
  streams?: Readonly<Record<string, TSchema>>;
  timeoutMs?: number;
  /** Every step of the handler has its own time limit: no timer is needed. */
  bounded?: boolean;
  /** Absent if another part answers: the authorization server, the GraphQL door. The result is sent as JSON. */
  handler?(context: OperationContext, call: C): unknown;
}

/** An operation's part of the document. */
export interface Documented {
  id: string;
  summary: string;
  /** Default: the description of the first reply. */
  description?: string;
  headers?: readonly HeaderParameter[];
  replies: Readonly<Record<number, ReplyShape>>;
  /** Statuses of problems, besides those of every operation. */
  problems?: readonly number[];
}

/** One operation of the platform: its route, its checks and its part of the document. */
export interface Operation<C extends Called = Called> extends Served<C>, Documented {
  tag: string;
}

/** A contract, for the descriptions of its operations. */
export interface DescribedDataset {
  contract: Contract;
  catalog: Catalog;
  /** `PoliceResident` */
  name: string;
  /** `户籍人口 Registered resident` */
  title: string;
}

/**
 * One operation of every dataset: one route, and one entry of the document per contract. `of` may narrow what the route
 * accepts.
 */
export interface DatasetOperation<C extends Called = Called> extends Served<C> {
  /** Undefined if the contract has no such operation. */
  of(
    dataset: DescribedDataset,
  ): (Documented & Partial<Pick<Served, 'params' | 'query' | 'body' | 'streams'>>) | undefined;
}

/** Every path below it is of one dataset. */
export const DATASET = '/data/{publisher}/{dataset}/v{major}';

export interface DatasetParams {
  publisher: string;
  dataset: string;
  major: string;
}

export function contractIdOf({ publisher, dataset, major }: Record<keyof DatasetParams, string | number>): string {
  return contractId(`${publisher}/${dataset}`, major);
}

/** Operations only for datasets whose contract matches. */
export function whereContract(
  fits: (contract: Contract) => boolean,
  operations: readonly DatasetOperation[],
): DatasetOperation[] {
  return operations.map((each) => ({
    ...each,
    of: (dataset) => (fits(dataset.contract) ? each.of(dataset) : undefined),
  }));
}

/** False for a dataset that is asked live: no rows are stored here, so none are delivered. */
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
    : Caller;

/** Types the handler by the schemas of its operation. */
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
