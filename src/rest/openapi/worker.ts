import { parentPort, workerData } from 'node:worker_threads';
import type { Catalog } from '../../catalog/catalog.js';
import { renderTexts } from './texts.js';

/** A thread for one catalog: rendering takes a second of CPU, and no request may wait for it. */
parentPort!.postMessage(renderTexts(workerData as Catalog));
