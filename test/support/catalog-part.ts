import { loadCatalog } from '../../src/catalog/load.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { packageRoot } from '../../src/platform/paths.js';
import type { TestNode } from './node.js';

/** Publishes the publishers, the purposes and some datasets of the project's catalog, without their relations; `change` adapts a document. */
export async function publishPart(
  node: TestNode,
  datasets: readonly string[],
  change: (document: Record<string, any>) => Record<string, any> = (document) => document,
): Promise<void> {
  const { contracts, publishers, purposes } = await loadCatalog(`${packageRoot}/catalog`);
  const documents = contracts.map(({ document }) => document as Record<string, any>);
  await publishCatalog(node.exchange, {
    contracts: documents
      .filter(({ dataset }) => datasets.includes(dataset))
      .map(({ relations: _, ...document }) => change(document)),
    publishers: publishers.map(({ document }) => document),
    purposes: purposes.map(({ document }) => document),
  });
}

/** Registers `<publisher>-publisher` where it is absent, with a deliver grant on the dataset. */
export async function delivers(node: TestNode, dataset: string): Promise<string> {
  const department = dataset.split('/')[0]!;
  const clientId = `${department}-publisher`;
  if (!node.exchange.policy.current().applications.has(clientId))
    await node.register(clientId, { department, roles: ['publisher'] });
  await node.grant({ application: clientId, dataset, mode: 'deliver', fields: [] });
  return clientId;
}

let keys = 0;

/** Delivers rows under the names of fields as a snapshot; returns the reply. */
export async function deliverRows(node: TestNode, dataset: string, rows: readonly object[]): Promise<any> {
  const reply = await node.ask('POST', `/data/${dataset}/v1/deliveries?mode=snapshot`, {
    as: `${dataset.split('/')[0]}-publisher`,
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `rows-${++keys}` },
    body: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  });
  if (reply.status !== 201) throw new Error(`${dataset}: ${reply.status} ${reply.text}`);
  return reply.body;
}
