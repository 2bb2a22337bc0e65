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
import { type RegisteredDemo, registerDemo } from './register-demo.js';
import { writeDemoFile } from './write-demo-file.js';

export interface DemoOptions {
  people: number;
  seed: number;
  /** Where this node listens, without a trailing slash. */
  baseUrl: string;
  /** Departments' own systems; a dataset stays empty where its system is left out, and one that is asked live answers failures. */
  systems?: readonly DepartmentSystem[];
  onProgress?: (progress: DemoProgress) => void;
}

/** Before each step; `done` of `of` are behind it. @internal */
export interface DemoProgress {
  done: number;
  of: number;
  /** A dataset, or `catalog`, or `ready`. */
  step: string;
}

/**
 * Fills a running exchange: catalog, applications and grants where absent, then every publisher's file through the public delivery
 * endpoint with that publisher's token, then what is pulled from departments' systems, then what the exchange computes of it all, then `demo.json`. What was loaded before stays as it is. Throws Error naming the dataset that failed.
 */
export async function loadDemo(exchange: Exchange, options: DemoOptions): Promise<void> {
  removeDemoFile(exchange.config.dataDir);
  const report = (done: number, of: number, step: string) => options.onProgress?.({ done, of, step });
  const files = await publisherFiles(options);
  report(0, files.length, 'catalog');
  const registered = await registerDemo(exchange);
  const systems = options.systems ?? [];
  await approveSystems(exchange, systems);
  const target = targetOf(exchange, options.baseUrl, registered);
  const parts = new Map<string, number>();
  for (const [i, file] of files.entries()) {
    // A dataset with a release is left alone: it is the demo's of an earlier start, or what someone delivered in its place. Of one with
    // several contributors every part makes a release, so that a start that broke off between two goes on with the next.
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
  writeDemoFile(exchange, options.baseUrl, registered);
  report(files.length, files.length, 'ready');
}

/** What a run fetches, by what is there: departments' systems first, and then what is computed. */
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
