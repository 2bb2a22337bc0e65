import Type from 'typebox';
import { Problem } from '../../platform/errors.js';
import { isOnThisMachine } from '../entrance/hosts.js';
import { json, type Operation, operation } from '../operation.js';
import { choice, closed, list, text } from '../shapes.js';

const reason = closed({ name: text(50), detail: text(1_000) });
const health = closed(
  { status: choice(['live', 'ready', 'not ready']), reasons: Type.Optional(list(reason, 50)) },
  { $id: 'Health' },
);
const asking = { method: 'GET', tag: 'operations', who: 'anyone' } as const;

/** For operators and their probes. Ready includes the audit log: without a record there is no answer. */
export const healthOperations: readonly Operation[] = [
  operation({
    ...asking,
    path: '/health/live',
    id: 'getLiveness',
    summary: 'Whether the process runs',
    replies: { 200: json('It runs.', health) },
    handler: () => ({ status: 'live' }),
  }),
  operation({
    ...asking,
    path: '/health/ready',
    id: 'getReadiness',
    summary: 'Whether it can answer and record',
    replies: { 200: json('It can.', health), 503: json('Not now.', health, ['Retry-After']) },
    handler({ readiness }, { reply }) {
      const reasons = readiness.reasons().map(({ name, detail }) => ({ name, detail }));
      if (reasons.length === 0) return { status: 'ready' };
      return reply.code(503).header('retry-after', '1').send({ status: 'not ready', reasons });
    },
  }),
  operation({
    ...asking,
    path: '/metrics',
    id: 'getMetrics',
    summary: 'Metrics of this process',
    description: 'For callers on this machine: for others there is nothing here.',
    replies: { 200: { description: 'Prometheus text.', content: { 'text/plain': text(16_777_216) } } },
    problems: [404],
    async handler(context, { request, reply }) {
      if (!isOnThisMachine(request)) throw new Problem('not-found');
      const { contentType, text } = await context.metrics();
      return reply.type(contentType).send(text);
    },
  }),
];
