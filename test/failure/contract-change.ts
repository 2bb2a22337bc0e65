import type { Test } from 'tap';
import { loadCatalog } from '../../src/catalog/load.js';
import { packageRoot } from '../../src/platform/paths.js';
import type { Reply, TestNode } from '../support/node.js';
import { entriesFrom, type Seen, startLoad } from './load.js';
import { unmasked } from './residents.js';

const REPLIES = 60;
const GENDER = /"gender":"[12]"/;

type Document = { dataset: string; version: string; fields: Record<string, unknown> };

/** The project's contract of residents, changed. */
async function residentContract(change: (document: Document) => void): Promise<Document> {
  const { contracts } = await loadCatalog(`${packageRoot}/catalog`);
  const documents = contracts.map(({ document }) => document as Document);
  const document = structuredClone(documents.find(({ dataset }) => dataset === 'police/resident')!);
  change(document);
  return document;
}

function publish(node: TestNode, document: Document): Promise<Reply> {
  return node.ask('POST', '/api/v1/catalog', {
    as: 'operator',
    headers: { 'idempotency-key': `publish-${document.version}` },
    body: { contracts: [document] },
  });
}

/** An open field becomes personal while it is read: from the contract's entry on it leaves only masked. No reader is refused meanwhile. */
export async function makeStricterUnderLoad(t: Test, nodes: readonly [TestNode, TestNode]): Promise<void> {
  const document = await residentContract((resident) => {
    resident.version = '1.1';
    resident.fields.gender = { ...(resident.fields.gender as object), sensitivity: 'L3' };
  });
  const load = await loadAs(nodes, 'reader-of-stricter');
  const reply = await publish(nodes[1], document);
  load.mark();
  t.equal(reply.status, 200, reply.text);
  await load.more(REPLIES);
  await load.stop();

  const { seen } = load;
  const entries = await entriesFrom(nodes[0].exchange.database.app, 0);
  const at = entries.findLast(({ event }) => event === 'contract.published')!.index;
  t.ok(
    seen.some(({ text }) => GENDER.test(text)),
    'it was open before',
  );
  t.ok(
    seen.some(({ after }) => after),
    'there was asking afterwards',
  );
  t.same(shown(seen.filter(({ after, text }) => after && GENDER.test(text))), [], 'nothing asked afterwards shows it');
  t.same(shown(seen.filter(({ index, text }) => index! > at && GENDER.test(text))), [], 'no answer beyond the entry');
  t.same(shown(seen.filter(({ status }) => status !== 200)), [], 'no reader was refused');
  const open = entries.filter(
    ({ index, accesses }) =>
      index > at && accesses.some(({ fields, masks }) => fields.includes('gender') && !masks.includes('gender=hide')),
  );
  t.same(open, [], 'no entry beyond it names the field unmasked');
}

/** A new field while readers read: nobody is refused, nobody waits forever, and both nodes serve it at both doors. */
export async function addFieldUnderLoad(t: Test, nodes: readonly [TestNode, TestNode]): Promise<void> {
  const document = await residentContract((resident) => {
    resident.version = '1.2';
    resident.fields.gender = { ...(resident.fields.gender as object), sensitivity: 'L3' };
    resident.fields.remark = { type: 'text', length: '20', title: { zh: '备注', en: 'Remark' }, sensitivity: 'L2' };
  });
  const load = await loadAs(nodes, 'reader-of-more');
  const reply = await publish(nodes[1], document);
  t.equal(reply.status, 200, reply.text);
  await load.more(REPLIES);
  await load.stop();
  t.same(shown(load.seen.filter(({ status }) => status !== 200)), [], 'no reader was refused');
  for (const node of nodes) {
    const page = await node.ask('GET', '/data/police/resident/v1', { headers: load.headers });
    t.match(page.text, '"remark"');
    const document = await node.ask('GET', '/data/police/resident/v1/openapi.json', { headers: load.headers });
    t.match(document.text, '"remark"', 'OpenAPI has it');
  }
}

async function loadAs(
  nodes: readonly [TestNode, TestNode],
  as: string,
): Promise<Awaited<ReturnType<typeof startLoad>>> {
  await nodes[0].register(as);
  await nodes[0].grant({ application: as, dataset: 'police/resident', masks: unmasked(nodes[0]) });
  const load = await startLoad(nodes, { as, workers: 4 });
  await load.more(REPLIES);
  return load;
}

function shown(seen: readonly Seen[]): string[] {
  return seen.map(({ what, status, index, text }) => `${what} ${status} #${index} ${text.slice(0, 200)}`);
}
