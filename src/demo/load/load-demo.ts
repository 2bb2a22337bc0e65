import { audienceUri } from '../../access/identity/audience.js';
import type { Contract } from '../../catalog/contract.js';
import { isPulled } from '../../catalog/source-terms.js';
import { type DeliveryTarget, deliverFile } from '../../client/deliver-file.js';
import { removeDemoFile } from '../../client/demo-file.js';
import type { Exchange } from '../../exchange/exchange.js';
import { runSource } from '../../exchange/sources/run-source.js';
import { publisherFiles } from '../files/publisher-files.js';
import { approveSystems } from '../systems/approve-systems.js';
import type { DepartmentSystem } from '../systems/department-system.js';
import { registerDemoPeople } from './demo-people.js';
import { type RegisteredDemo, registerDemo } from './register-demo.js';
import { writeDemoFile } from './write-demo-file.js';

export interface DemoOptions {
  people: number;
  seed: number;
  /** This node's base URL, without a trailing slash. */
  baseUrl: string;
  /** Departments' own systems. Without its system a dataset stays empty, and a live request fails. */
  systems?: readonly DepartmentSystem[];
  onProgress?: (progress: DemoProgress) => void;
}

/** Reported before each step; `done` of `of` are complete. @internal */
export interface DemoProgress {
  done: number;
  of: number;
  /** A dataset, or `catalog`, or `ready`. */
  step: string;
}

/**
 * Fills a running exchange: missing catalog, applications and grants; every publisher's file through the public
 * delivery endpoint with that publisher's token; the departments' systems; the computed datasets; `demo.json`. Earlier
 * data stays unchanged. Throws an Error that names the failed dataset.
 */
export async function loadDemo(exchange: Exchange, options: DemoOptions): Promise<void> {
  removeDemoFile(exchange.config.dataDir);
  const report = (done: number, of: number, step: string) => options.onProgress?.({ done, of, step });
  const files = await publisherFiles(options);
  report(0, files.length, 'catalog');
  const registered = await registerDemo(exchange);
  const people = await registerDemoPeople(exchange);
  const systems = options.systems ?? [];
  await approveSystems(exchange, systems);
  const target = targetOf(exchange, options.baseUrl, registered);
  const parts = new Map<string, number>();
  for (const [i, file] of files.entries()) {
    // A dataset with a release stays unchanged: it is the demo's own of an earlier start, or someone's delivery. With
    // several contributors each part makes a release, so an interrupted start continues with the next part.
    const part = (parts.get(file.dataset) ?? 0) + 1;
    parts.set(file.dataset, part);
    if ((exchange.releases.release(file.dataset) ?? 0) >= part) continue;
    report(i, files.length, file.dataset);
    await deliverFile(target, file, exchange.clock.uuid());
  }
  for (const { id, name } of pulledContracts(exchange, systems)) {
    if ((exchange.releases.release(name) ?? 0) > 0) continue;
    report(files.length, files.length, name);
    await runSource(exchange, id);
  }
  writeDemoFile(exchange, options.baseUrl, { registered, people });
  report(files.length, files.length, 'ready');
}

/** Contracts that a run fetches: departments' systems first, then computed datasets. */
function pulledContracts(exchange: Exchange, systems: readonly DepartmentSystem[]): Contract[] {
  const contracts = [...exchange.policy.current().catalog.contracts.values()];
  const isThere = ({ publisher, delivery: { source } }: Contract) =>
    isPulled(source) &&
    'upstream' in source &&
    systems.some((system) => system.publisher === publisher && system.name === source.upstream);
  return [...contracts.filter(isThere), ...contracts.filter(({ delivery }) => delivery.source.kind === 'derived')];
}

function targetOf(exchange: Exchange, baseUrl: string, registered: readonly RegisteredDemo[]): DeliveryTarget {
  const { config, clock } = exchange;
  const keys = new Map(registered.map(({ application, privateJwk }) => [application.clientId, privateJwk]));
  return {
    baseUrl,
    issuer: config.publicUrl,
    tokenEndpoint: `${baseUrl}/oauth2/token`,
    resource: audienceUri(config, 'data'),
    clock,
    keyOf: (clientId) => {
      const key = keys.get(clientId);
      if (key === undefined) throw new Error(`The demo has no application ${clientId}.`);
      return key;
    },
  };
}
