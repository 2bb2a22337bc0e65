import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { type Fixture, fixture } from '../parity/fixture.js';
import { THING, THINGS } from './thing.js';

/** The parity fixture, a contract of every type beside it, and applications that hold one thing each. */
export async function served(t: { teardown(handler: () => unknown): unknown }): Promise<Fixture> {
  const here = await fixture(t);
  const { node } = here;
  const { catalog } = node.exchange.policy.current();
  await publishCatalog(node.exchange, {
    contracts: [...[...catalog.contracts.values()].map(({ document }) => document), THING],
    publishers: [...catalog.publishers.values()],
    purposes: [...catalog.purposes.values()],
  });
  await node.grant({ application: 'housing-publisher', dataset: 'housing/thing', mode: 'deliver' });
  await here.deliver('housing/thing', THINGS);
  for (const application of [
    'reader-app',
    'open-app',
    'purposes-app',
    'grants-app',
    'verify-app',
    'case-app',
    'other-app',
    'stranger-app',
  ])
    await node.register(application);
  const bare = (dataset: string) =>
    Object.fromEntries([...here.contract(dataset).fields.keys()].map((name) => [name, 'none' as const]));
  for (const dataset of ['police/resident', 'police/household', 'housing/house', 'housing/building', 'housing/thing'])
    await node.grant({ application: 'reader-app', dataset });
  for (const dataset of ['police/resident', 'police/household', 'housing/building'])
    await node.grant({ application: 'open-app', dataset, masks: { ...bare(dataset), minors: 'none' } });
  const dataset = 'housing/building';
  await node.grant({ application: 'other-app', dataset });
  await node.grant({
    application: 'other-app',
    dataset: 'police/resident',
    fields: ['gender', 'grid_code'],
    masks: {},
  });
  await node.grant({ application: 'purposes-app', dataset, purposes: ['grid-service', 'emergency-response'] });
  await node.grant({ application: 'grants-app', dataset });
  await node.grant({
    application: 'grants-app',
    dataset,
    fields: ['code'],
    masks: {},
    purposes: ['emergency-response'],
  });
  await node.grant({ application: 'verify-app', dataset, mode: 'verify' });
  await node.grant({ application: 'case-app', dataset, requires: { case: true, operator: true } });
  return here;
}
