import type { SetRule } from '../rule.js';

/** 采集 → 上报 → 受理 → 分流 → 交办 → 办理 → 反馈 → 核查 → 办结: the codes increase. */
const WAY = `('10', '20', '30', '40', '50', '60', '70', '80', '90')`;
/** After 退回 an event may repeat its steps; 催办 and 督办 may come at any time. */
const RETURN = `'65'`;
const CLOSING = `'90'`;

/** For each event of the delivery: steps are in order, only reminders follow the closing, time never goes backwards. */
export const eventStepsInOrder: SetRule = {
  kind: 'set',
  name: 'event-steps-in-order',
  title: { zh: '事件流转环节有序', en: 'The steps of an event are in order' },
  severity: 'warning',
  dimension: 'consistency',
  basis: 'GB/T 34300-2017；DB37/T 4223-2020',
  tests({ contract, live, staging }) {
    const needed = ['event_no', 'seq', 'kind', 'at'];
    if (contract.entity !== 'event_step' || !needed.every((name) => contract.fields.has(name))) return [];
    return [{ field: 'kind', faulty: `s.row_id IN (${disordered(live, staging)})` }];
  },
};

function disordered(live: string, staging: string): string {
  const rounds = `SELECT row_id, event_no, seq, kind, at,
      count(*) FILTER (WHERE kind = ${RETURN}) OVER (PARTITION BY event_no ORDER BY seq) AS round
    FROM ${live} WHERE event_no IN (SELECT event_no FROM ${staging} WHERE "_mark" = 'u')`;
  const before = 'ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING';
  const steps = `SELECT row_id, kind, at, lag(at) OVER (PARTITION BY event_no ORDER BY seq) AS at_before,
      max(kind) FILTER (WHERE kind IN ${WAY}) OVER (PARTITION BY event_no, round ${before}) AS reached,
      count(*) FILTER (WHERE kind = ${CLOSING}) OVER (PARTITION BY event_no ${before}) AS closed,
      row_number() OVER (PARTITION BY event_no ORDER BY seq) AS place
    FROM (${rounds}) r`;
  return `SELECT row_id FROM (${steps}) x WHERE at < at_before
      OR (kind IN ${WAY} AND (kind < reached OR closed > 0))
      OR (kind = ${RETURN} AND (place = 1 OR closed > 0))`;
}
