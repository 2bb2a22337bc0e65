import type { LoggerOptions } from 'pino';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Config } from './config.js';

/**
 * Structured logs without personal data. A request logs only its method, route template and id, never a URL, header or body. An error logs only its
 * name, code and place.
 */
export function loggerOptions(config: Pick<Config, 'logLevel'>): LoggerOptions {
  return {
    level: config.logLevel,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { req: describeRequest, res: describeReply, err: describeError, error: describeError },
    redact: {
      paths: ['authorization', 'headers', 'url', 'query', 'params', 'body', '*.headers', '*.url', '*.body'],
      remove: true,
    },
  };
}

interface RequestLike {
  method?: string;
  id?: unknown;
  routeOptions?: { url?: string };
}

function describeRequest(request: RequestLike): Record<string, unknown> {
  return { method: request.method, route: request.routeOptions?.url ?? 'unknown', id: request.id };
}

function describeReply(reply: { statusCode?: number }): Record<string, unknown> {
  return { status: reply.statusCode };
}

/** The message of a foreign error may quote a value (PostgreSQL's do), so only a Problem's message is logged. */
function describeError(error: Error & { code?: unknown; cause?: unknown }): Record<string, unknown> {
  const cause = error.cause instanceof Error ? { cause: describeError(error.cause) } : {};
  const message = error.name === 'Problem' ? { message: error.message } : {};
  const frames = error.stack
    ?.split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8);
  return { name: error.name, code: error.code, ...message, frames: frames?.map((line) => line.trim()), ...cause };
}

export interface Telemetry {
  registry: Registry;
  /** `route` is a route template, never a path, so that the number of labels is bounded. */
  observeRequest(labels: { route: string; method: string; status: number }, seconds: number): void;
  /** Entries in one committed batch of the audit log. */
  observeAuditBatch(entries: number): void;
  /** `read` is called when the metrics are fetched. */
  gauge(name: string, help: string, read: () => number): void;
  /** Returns what counts one more; `label` has few values. */
  counter(name: string, help: string, label: string): (value: string) => void;
  /** One value for each value of the label. `read` is called when the metrics are fetched. */
  gauges(of: { name: string; help: string; label: string }, read: () => Promise<ReadonlyMap<string, number>>): void;
}

export function openTelemetry(): Telemetry {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'exchange_http_requests_total',
    help: 'Requests by route template and status.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'exchange_http_request_seconds',
    help: 'Time until the reply was handed to the system.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const batches = new Histogram({
    name: 'exchange_audit_batch_entries',
    help: 'Entries in one commit of the audit log.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    registers,
  });
  return {
    registry,
    observeRequest({ route, method, status }, elapsed) {
      requests.inc({ route, method, status: String(status) });
      seconds.observe(elapsed);
    },
    observeAuditBatch: (entries) => batches.observe(entries),
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },
    counter(name, help, label) {
      const counter = new Counter({ name, help, labelNames: [label], registers });
      return (value) => counter.inc({ [label]: value });
    },
    gauges({ name, help, label }, read) {
      const collect = async () => {
        const values = await read();
        gauge.reset();
        for (const [of, value] of values) gauge.set({ [label]: of }, value);
      };
      const gauge: Gauge = new Gauge({ name, help, labelNames: [label], registers, collect });
    },
  };
}
