import type { Contract } from '../../src/catalog/contract.js';
import { shanghaiDate } from '../../src/platform/clock.js';
import { type Reply, type TestNode, testNode } from '../support/node.js';
import { makeRows, type Row } from './rows.js';

export interface Fixture {
  node: TestNode;
  /** As delivered and stored, by `police/resident`. */
  rows: Record<string, Row[]>;
  contract(dataset: string): Contract;
  deliver(dataset: string, rows: readonly Row[], mode?: 'snapshot' | 'delta'): Promise<Reply>;
}

let deliveries = 0;

/** A node with rows from the delivery door: half of them in the publishers' headings and codes, half in the standard's. */
export async function fixture(t: { teardown(handler: () => unknown): unknown }): Promise<Fixture> {
  const node = await testNode(t);
  const rows = makeRows(shanghaiDate(Date.now()));
  const contract = (dataset: string) => node.exchange.policy.current().catalog.contracts.get(`${dataset}/v1`)!;
  const deliver: Fixture['deliver'] = async (dataset, given, mode = 'snapshot') => {
    const lines = given.map((row, i) =>
      JSON.stringify(i % 2 === 0 ? asPublished(contract(dataset), row) : present(row)),
    );
    const reply = await node.ask('POST', `/data/${dataset}/v1/deliveries?mode=${mode}`, {
      as: `${dataset.split('/')[0]}-publisher`,
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `delivery-${++deliveries}` },
      body: lines.join('\n'),
    });
    if (reply.body?.accepted !== given.length) throw new Error(reply.text);
    return reply;
  };
  for (const publisher of new Set(Object.keys(rows).map((dataset) => dataset.split('/')[0]!)))
    await node.register(`${publisher}-publisher`, { department: publisher, roles: ['publisher'] });
  for (const [dataset, given] of Object.entries(rows)) {
    await node.grant({ application: `${dataset.split('/')[0]}-publisher`, dataset, mode: 'deliver', masks: {} });
    await deliver(dataset, given);
  }
  return { node, rows, contract, deliver };
}

/** In the publisher's headings and codes; a code that the publisher lacks is under the field's own name. */
function asPublished(contract: Contract, row: Row): Row {
  const sent: Row = {};
  for (const [name, value] of Object.entries(present(row))) {
    const field = contract.fields.get(name);
    if (field === undefined || field.from[0] === undefined) sent[name] = value;
    else if (field.codes === undefined) sent[field.from[0]] = value;
    else {
      const own = Object.entries(field.codes).find(([, code]) => code === value);
      sent[own === undefined ? name : field.from[0]] = own === undefined ? value : own[0];
    }
  }
  return sent;
}

function present(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
