import { Readable } from 'node:stream';
import t from 'tap';
import { holdAgainstModel, SCOPES } from '../ingest/against-model.js';
import { openThings } from '../ingest/things.js';

const { node, thing } = await openThings(t, { deliveryLimitBytes: 1_000_000_000 });
const { owner } = node.exchange.database;

t.test('hundreds of delivery sequences do what a naive model says', async (t) => {
  const d = await thing('model', { 'reject-at-most': '100%', 'delete-at-most': '100%' });
  await d.deliverer('one', SCOPES.one);
  await d.deliverer('two', SCOPES.two);
  t.ok((await holdAgainstModel(d, owner, 400)) > 800);
});

t.test('a body of 200 MB is never held', async (t) => {
  const d = await thing('huge');
  const ballast = 'x'.repeat(10_000);
  const held = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  let peak = 0;
  const lines = function* () {
    for (let i = 0; i < 20_000; i++) {
      peak = Math.max(peak, held());
      yield Buffer.from(`${JSON.stringify({ code: `c${i}`, part: 'a', name: 'n', ballast })}\n`);
    }
  };
  const reply = await fetch(`${node.baseUrl}${d.path}?mode=snapshot`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await node.token('main')}`,
      'content-type': 'application/x-ndjson',
      'idempotency-key': 'huge',
    },
    body: Readable.toWeb(Readable.from(lines())) as ReadableStream<Uint8Array>,
    duplex: 'half',
  } as RequestInit);
  t.match(await reply.json(), { state: 'published', accepted: 20_000, report: { unmapped: ['ballast'] } });
  t.ok(peak - before < 100_000_000, `${Math.round((peak - before) / 1_000_000)} MB more than before, sender included`);
});
