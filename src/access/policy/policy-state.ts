import { makeCatalog } from '../../catalog/catalog.js';
import { compileContract } from '../../catalog/compile/compile-contract.js';
import type { Contract } from '../../catalog/contract.js';
import { contractId } from '../../catalog/contract-id.js';
import { type CodeListDocument, changedList, shippedList } from '../../standard/code-list.js';
import { type Standard, withCodeList } from '../../standard/standard.js';
import type { Grant } from '../grants/grant.js';
import { type GrantTable, indexGrants } from './grant-table.js';
import type { PolicyIndex } from './policy.js';
import { NOTHING_PROVED, type Proved } from './proof/proved.js';
import type { PolicyRecord } from './proof/read-records.js';

/** An immutable index with what is needed to derive the next one. A change copies maps of references and compiles only the new records. */
export interface PolicyState extends PolicyIndex {
  /** The entries that have been read. */
  readonly proved: Proved;
  readonly table: GrantTable;
}

/** Called for each logged record that opens nothing: its row is gone or altered, or it no longer compiles. */
export type OnClosed = (kind: string, id: string, reason: string) => void;

export function emptyState(): PolicyState {
  return assemble(
    {
      catalog: makeCatalog([], [], []),
      applications: new Map(),
      people: new Map(),
      grants: new Map(),
      upstreams: new Map(),
      table: new Map(),
    },
    { epoch: 0, proved: NOTHING_PROVED },
  );
}

export interface Applying {
  epoch: number;
  proved: Proved;
  onClosed: OnClosed;
}

/**
 * The state after the records, in log order. A contract is read under the standard that was in force when it was published. Unchanged contracts,
 * grants and applications keep their identity.
 */
export function applyRecords(state: PolicyState, records: readonly PolicyRecord[], applying: Applying): PolicyState {
  const contracts = new Map(state.catalog.contracts);
  const publishers = new Map(state.catalog.publishers);
  const purposes = new Map(state.catalog.purposes);
  const applications = new Map(state.applications);
  const people = new Map(state.people);
  const grants = new Map(state.grants);
  const upstreams = new Map(state.upstreams);
  const touched = new Set<string>();
  let { standard } = state.catalog;
  let catalogMoved = false;
  for (const record of records) {
    if (record.document === undefined) applying.onClosed(record.kind, record.id, 'the row is gone or altered');
    if (record.kind === 'origin') {
      for (const grant of grants.values()) touched.add(grant.application);
      suspend(grants, 'active');
      suspend(applications, 'active');
      suspend(people, 'active', 'invited');
      suspend(upstreams, 'approved');
    } else if (record.kind === 'grant') {
      const before = grants.get(record.id);
      if (before !== undefined) touched.add(before.application);
      const grant = put(grants, record, (document) => ({ ...(document as Grant), version: record.version }));
      if (grant !== undefined) touched.add(grant.application);
    } else if (record.kind === 'application') {
      put(applications, record, asWritten);
    } else if (record.kind === 'person') {
      put(people, record, asWritten);
    } else if (record.kind === 'upstream') {
      put(upstreams, record, asWritten);
    } else {
      catalogMoved = true;
      if (record.kind === 'publisher') put(publishers, record, asWritten);
      else if (record.kind === 'purpose') put(purposes, record, asWritten);
      else if (record.kind === 'code-list') standard = withRecord(standard, record);
      else put(contracts, record, (document) => compiled(document, record.id, standard, applying));
    }
  }
  const catalog = catalogMoved
    ? makeCatalog([...contracts.values()], [...publishers.values()], [...purposes.values()], standard)
    : state.catalog;
  const table = indexGrants(state.table, grants, touched);
  return assemble({ catalog, applications, people, grants, upstreams, table }, applying);
}

/** What was lost may have closed any of them, so a new origin closes all: even where its own row is gone or altered. */
function suspend<T extends { status: string }>(items: Map<string, T>, ...open: T['status'][]): void {
  for (const [id, item] of items) if (open.includes(item.status)) items.set(id, { ...item, status: 'suspended' });
}

function put<T>(map: Map<string, T>, record: PolicyRecord, read: (document: unknown) => T | undefined): T | undefined {
  const value = record.document === undefined ? undefined : read(record.document);
  if (value === undefined) map.delete(record.id);
  else map.set(record.id, value);
  return value;
}

/** The entry's bytes hold the document, and this exchange has written them. */
function asWritten<T>(document: unknown): T {
  return document as T;
}

/** A code list whose row is gone or altered is the one that shipped, or absent. */
function withRecord(standard: Standard, { id, version, document }: PolicyRecord): Standard {
  const before = standard.codeLists.get(id);
  const list =
    document === undefined ? shippedList(before) : changedList(before, document as CodeListDocument, version);
  return withCodeList(standard, id, list);
}

function compiled(document: unknown, id: string, standard: Standard, { onClosed }: Applying): Contract | undefined {
  const result = compileContract(document, standard);
  if ('contract' in result && result.contract.id === id) return result.contract;
  onClosed('contract', id, 'faults' in result ? 'it does not compile' : 'it names another dataset');
  return undefined;
}

type StateParts = Pick<PolicyState, 'catalog' | 'applications' | 'people' | 'grants' | 'upstreams' | 'table'>;

function assemble(parts: StateParts, { epoch, proved }: Pick<PolicyState, 'epoch' | 'proved'>): PolicyState {
  const { table, grants } = parts;
  let suspended: ReadonlyMap<string, number> | undefined;
  return {
    ...parts,
    epoch,
    proved,
    grantsOf: (clientId, contractId, mode) => table.get(clientId)?.get(contractId)?.get(mode) ?? NONE,
    holdsAny: (clientId, contractId) => table.get(clientId)?.has(contractId) ?? false,
    holdsSuspended: (clientId, contractId, nowMs) => {
      suspended ??= suspendedGrants(grants.values()); // only a denial asks
      return nowMs < (suspended.get(`${clientId} ${contractId}`) ?? 0);
    },
  };
}

/** By application and contract id: until when the last of them would be valid, in ms. @internal */
export function suspendedGrants(grants: Iterable<Grant>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { status, application, dataset, major, validUntil } of grants) {
    if (status !== 'suspended') continue;
    const key = `${application} ${contractId(dataset, major)}`;
    found.set(key, Math.max(found.get(key) ?? 0, Date.parse(validUntil)));
  }
  return found;
}

const NONE: readonly Grant[] = [];
