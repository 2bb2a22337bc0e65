import type pg from 'pg';
import type { Caller } from '../../access/people/caller.js';
import type { DutyName } from '../duty-clock/duties.js';
import { refuseStep } from './refuse-step.js';
import type { AccessRequest } from './request.js';
import { REQUEST_COLUMNS, type RequestRow, requestOf } from './requests.js';
import { SEES_ALL } from './sees-request.js';
import type { RequestSide, RequestState } from './transition.js';
import { STEP_NAMES, transitionOf } from './transitions.js';

export type StepOfPeople = (typeof STEP_NAMES)[number];

/** The running clock of a request. */
export interface RunningClock {
  duty: DutyName;
  due: string | null;
  provisional: boolean;
}

/** A request in a list, with its running clock and the steps that the caller can take. */
export interface ListedRequest {
  request: AccessRequest;
  clock: RunningClock | null;
  may: readonly StepOfPeople[];
}

/** Where a page ends: the sort key and the id of its last item. */
export interface PagePlace {
  key: string;
  id: string;
}

export interface Listing {
  limit: number;
  after?: PagePlace | undefined;
}

export interface RequestFilter {
  state?: RequestState | undefined;
  /** `police/resident` */
  dataset?: string | undefined;
  application?: string | undefined;
  /** Whether the caller's department asks or provides. */
  side?: 'applicant' | 'provider' | undefined;
  /** Today in Asia/Shanghai: only requests with a clock that was due before. */
  dueBefore?: string | undefined;
}

export interface RequestPage {
  items: ListedRequest[];
  next: PagePlace | undefined;
}

const FROM = `FROM exchange.access_request r
  LEFT JOIN exchange.duty_clock c ON c.subject = r.id AND c.ended IS NULL`;
const SELECTED = `SELECT ${REQUEST_COLUMNS.map((name) => `r.${name}`).join(', ')},
  CASE WHEN c.id IS NULL THEN NULL ELSE jsonb_build_object('duty', c.duty, 'due', c.due, 'provisional', c.provisional) END AS clock`;
/** To its own department a request is visible from the draft on, to others once it is submitted. */
const VISIBLE = `(r.department = $1 OR (r.state NOT IN ('draft', 'approved') AND (r.provider = $1 OR $2)))`;

/** The steps that the caller can take now. */
export function stepsFor(request: AccessRequest, caller: Caller): StepOfPeople[] {
  return STEP_NAMES.filter((step) => refuseStep(step, request, caller) === undefined);
}

/** Requests that the caller sees, newest first. */
export async function listRequests(
  database: Pick<pg.ClientBase, 'query'>,
  caller: Caller,
  { limit, after, ...filter }: Listing & RequestFilter,
): Promise<RequestPage> {
  const { rows } = await database.query<ListedRow>(
    `${SELECTED} ${FROM}
     WHERE ${VISIBLE} AND ($3::text IS NULL OR r.state = $3) AND ($4::text IS NULL OR r.facts #>> '{asked,dataset}' = $4)
       AND ($5::text IS NULL OR r.application = $5)
       AND ($6::text IS NULL OR ($6 = 'applicant' AND r.department = $1) OR ($6 = 'provider' AND r.provider = $1))
       AND ($7::date IS NULL OR c.due < $7::date)
       AND ($8::timestamptz IS NULL OR (r.drafted_at, r.id) < ($8::timestamptz, $9::uuid))
     ORDER BY r.drafted_at DESC, r.id DESC LIMIT $10`,
    [
      ...[caller.department, seesAll(caller), filter.state, filter.dataset, filter.application, filter.side],
      ...[filter.dueBefore, after?.key, after?.id, limit + 1],
    ],
  );
  return pageOf(rows, { caller, limit, keyOf: ({ request }) => request.draftedAt });
}

const NEVER = '9999-12-31';

/** Requests that wait for the caller, the most urgent first. */
export async function listTasks(
  database: Pick<pg.ClientBase, 'query'>,
  caller: Caller,
  { limit, after }: Listing,
): Promise<RequestPage> {
  const { rows } = await database.query<ListedRow>(
    `${SELECTED} ${FROM}
     WHERE ((r.department = $1 AND r.state = ANY($2)) OR (r.provider = $1 AND r.state = ANY($3))
         OR (r.state = ANY($4) AND (r.state <> 'in-review' OR r.facts #>> '{extension,state}' = 'asked')))
       AND ($5::date IS NULL OR (coalesce(c.due, '${NEVER}'), r.id) > ($5::date, $6::uuid))
     ORDER BY coalesce(c.due, '${NEVER}'), r.id LIMIT $7`,
    [
      ...[
        caller.department,
        awaiting('applicant', caller),
        awaiting('provider', caller),
        awaiting('authority', caller),
      ],
      ...[after?.key, after?.id, limit + 1],
    ],
  );
  const page = pageOf(rows, { caller, limit, keyOf: ({ clock }) => clock?.due ?? NEVER });
  const waits = ({ may }: ListedRequest) => may.some((step) => transitionOf(step).awaited === true);
  return { ...page, items: page.items.filter(waits) };
}

/** States in which the side is waited for, in a role that the caller has. */
function awaiting(side: Exclude<RequestSide, 'exchange'>, caller: Caller): RequestState[] {
  const steps = STEP_NAMES.map(transitionOf).filter(
    ({ awaited, by }) => awaited === true && by[side]?.some((role) => caller.roles.includes(role)),
  );
  return [...new Set(steps.flatMap(({ from }) => from))];
}

interface ListedRow extends RequestRow {
  clock: RunningClock | null;
}

function pageOf(
  rows: readonly ListedRow[],
  { caller, limit, keyOf }: { caller: Caller; limit: number; keyOf: (item: ListedRequest) => string },
): RequestPage {
  const items = rows.slice(0, limit).map(({ clock, ...row }) => {
    const request = requestOf(row);
    return { request, clock, may: stepsFor(request, caller) };
  });
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, next: more ? { key: keyOf(last), id: last.request.id } : undefined };
}

function seesAll({ roles }: Caller): boolean {
  return roles.some((role) => SEES_ALL.includes(role));
}
