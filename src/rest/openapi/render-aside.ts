import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Catalog } from '../../catalog/catalog.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { OpenapiTexts } from './openapi-document.js';
import { type SentText, sentText } from './send-text.js';

/** Renders in a worker thread, which gets the catalog as plain data. Throws Problem `internal`. */
function renderAside(catalog: Catalog): Promise<OpenapiTexts> {
  return new Promise((resolve, reject) => {
    // The worker's file has the extension of this file: .js when built, .ts under a loader.
    const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { workerData: catalog });
    worker.unref();
    worker.once('message', (texts: OpenapiTexts) => resolve(texts));
    worker.once('error', (cause) => reject(new Problem('internal', undefined, { cause })));
    worker.once('exit', () => reject(new Problem('internal')));
  });
}

/** The whole document ready to be sent, and the part of each contract. */
interface Rendered {
  json: SentText;
  yaml: SentText;
  contracts: OpenapiTexts['contracts'];
}

const rendered = new WeakMap<Exchange, { catalog: Catalog; texts: Promise<Rendered> }>();

async function render(catalog: Catalog): Promise<Rendered> {
  const { json, yaml, contracts } = await renderAside(catalog);
  return { json: await sentText(json), yaml: await sentText(yaml), contracts };
}

/**
 * Renders at the first request after a change of the catalog, once for all concurrent requests. A snapshot never
 * changes, so it is the cache key.
 */
export function textsOf(exchange: Exchange): Promise<Rendered> {
  const { catalog } = exchange.policy.current();
  const kept = rendered.get(exchange);
  if (kept?.catalog === catalog) return kept.texts;
  const made = { catalog, texts: render(catalog) };
  rendered.set(exchange, made);
  made.texts.catch(() => {
    if (rendered.get(exchange) === made) rendered.delete(exchange);
  });
  return made.texts;
}
