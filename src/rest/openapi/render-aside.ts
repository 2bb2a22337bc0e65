import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Catalog } from '../../catalog/catalog.js';
import { Problem } from '../../platform/errors.js';
import type { OpenapiTexts } from './texts.js';

/** Renders in a worker thread: a catalog is plain data and can be handed over. Throws Problem `internal`. */
export function renderAside(catalog: Catalog): Promise<OpenapiTexts> {
  return new Promise((resolve, reject) => {
    // Its neighbour has the extension that this file has: .js when built, .ts under a loader.
    const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), { workerData: catalog });
    worker.unref();
    worker.once('message', (texts: OpenapiTexts) => resolve(texts));
    worker.once('error', (cause) => reject(new Problem('internal', undefined, { cause })));
    worker.once('exit', () => reject(new Problem('internal')));
  });
}

/** Renders at the first question after a change of the catalog, once for all who ask meanwhile. A snapshot never changes: itself is the key. */
export function openapiOf(current: () => Catalog): () => Promise<OpenapiTexts> {
  let kept: { catalog: Catalog; texts: Promise<OpenapiTexts> } | undefined;
  return () => {
    const catalog = current();
    if (kept?.catalog === catalog) return kept.texts;
    const made = { catalog, texts: renderAside(catalog) };
    kept = made;
    made.texts.catch(() => {
      if (kept === made) kept = undefined;
    });
    return made.texts;
  };
}
