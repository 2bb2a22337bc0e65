import type { Exchange } from '../../exchange/exchange.js';
import { closeSystems, openDepartmentSystems } from '../systems/department-systems.js';
import { loadDemo } from './load-demo.js';

export interface DemoStart {
  /** This node's base URL, without a trailing slash. */
  baseUrl: string;
  databaseUrl: string;
  onProgress: (line: string) => void;
  /** Receives the step that stops the departments' systems, before the first row is loaded. */
  onClose: (step: () => Promise<void>) => void;
}

/** Opens the departments' systems beside a running node and fills it. Throws an Error that names the failed dataset. */
export async function startDemo(exchange: Exchange, start: DemoStart): Promise<void> {
  const { config, clock } = exchange;
  const of = { people: config.demoPeople, seed: config.demoSeed };
  const systems = await openDepartmentSystems({ ...of, databaseUrl: start.databaseUrl }, clock, start.onProgress);
  start.onClose(() => closeSystems(systems));
  await loadDemo(exchange, {
    ...of,
    baseUrl: start.baseUrl,
    systems,
    onProgress: ({ done, of: all, step }) => start.onProgress(`Demo: ${step} (${done} of ${all} files published)`),
  });
}
