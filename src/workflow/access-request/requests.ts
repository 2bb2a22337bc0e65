import type pg from 'pg';
import { contractId } from '../../catalog/contract-id.js';
import type { AccessRequest, RequestFacts, StepBody } from './request.js';
import { OPEN_STATES, type RequestState } from './transition.js';
import type { StepName } from './transitions.js';

type Queried = Pick<pg.ClientBase, 'query'>;

/** As it is stored. */
export interface RequestRow {
  id: string;
  version: number;
  state: RequestState;
  department: string;
  provider: string;
  grant: string | null;
  facts: RequestFacts;
  drafted_at: Date;
  moved_at: Date;
}

export const REQUEST_COLUMNS = [
  'id',
  'version',
  'state',
  'department',
  'provider',
  '"grant"',
  'facts',
  'drafted_at',
  'moved_at',
] as const;

/** One request. With `lock` nobody else changes it before the transaction ends. */
export async function readRequest(database: Queried, id: string, lock = false): Promise<AccessRequest | undefined> {
  const text = `SELECT ${REQUEST_COLUMNS.join()} FROM exchange.access_request WHERE id = $1${lock ? ' FOR UPDATE' : ''}`;
  const { rows } = await database.query<RequestRow>(text, [id]);
  return rows.map(requestOf)[0];
}

export function requestOf({ facts, drafted_at, moved_at, ...row }: RequestRow): AccessRequest {
  return { ...row, ...facts, draftedAt: drafted_at.toISOString(), movedAt: moved_at.toISOString() };
}

/** Stores a request as a step leaves it, and the step. */
export async function writeRequest(
  tx: Queried,
  request: AccessRequest,
  taken: { step: StepName | 'draft'; person: string | null; department: string | null; said: StepBody; at: Date },
): Promise<void> {
  const { id, version, state, department, provider, grant, draftedAt, movedAt: _, ...facts } = request;
  const { application, dataset, major, mode, purposes } = facts.asked;
  const validUntil = facts.decision?.terms?.validUntil ?? facts.asked.validUntil;
  await tx.query(
    `INSERT INTO exchange.access_request
       (id, version, state, department, provider, application, contract, mode, purposes, "grant", valid_until, facts, drafted_at, moved_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, provider = excluded.provider,
       application = excluded.application, contract = excluded.contract, mode = excluded.mode, purposes = excluded.purposes,
       "grant" = excluded."grant", valid_until = excluded.valid_until, facts = excluded.facts, moved_at = excluded.moved_at`,
    [
      ...[id, version, state, department, provider, application, contractId(dataset, major), mode, purposes, grant],
      ...[validUntil, JSON.stringify(facts), draftedAt, taken.at],
    ],
  );
  await tx.query(
    `INSERT INTO exchange.request_step (request, version, step, state, person, department, said, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, version, taken.step, state, taken.person, taken.department, JSON.stringify(taken.said), taken.at],
  );
}

/** Another open request for the same application, dataset, mode and one of the purposes. Until the transaction ends nobody else looks for one. */
export async function openRequest(tx: Queried, { id, asked }: AccessRequest): Promise<string | undefined> {
  const contract = contractId(asked.dataset, asked.major);
  const lock = `access-request ${asked.application} ${contract}`;
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]);
  const { rows } = await tx.query<{ id: string }>(
    `SELECT id FROM exchange.access_request
     WHERE application = $1 AND contract = $2 AND mode = $3 AND purposes && $4 AND state = ANY($5)
       AND id <> ALL($6::uuid[]) ORDER BY drafted_at LIMIT 1`,
    [
      asked.application,
      contract,
      asked.mode,
      asked.purposes,
      OPEN_STATES,
      [id, ...(asked.renews ? [asked.renews] : [])],
    ],
  );
  return rows[0]?.id;
}

/** A step that was taken. */
export interface TakenStep {
  step: string;
  version: number;
  state: RequestState;
  person: string | null;
  department: string | null;
  said: StepBody;
  /** RFC 3339 */
  at: string;
}

/** The steps of a request, in their order. */
export async function stepsOf(database: Queried, id: string): Promise<TakenStep[]> {
  const { rows } = await database.query<Omit<TakenStep, 'at'> & { at: Date }>(
    'SELECT step, version, state, person, department, said, at FROM exchange.request_step WHERE request = $1 ORDER BY version',
    [id],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
