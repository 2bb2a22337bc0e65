import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import t from 'tap';
import { holdAgainstModel, SCOPES } from '../ingest/against-model.js';
import { openThings } from '../ingest/things.js';
import { heldMemory } from '../support/held-memory.js';

const { node, thing } = await openThings(t, { deliveryLimitBytes: 1_000_000_000 });
const { owner } = node.exchange.database;

t.test('hundreds of delivery sequences match a naive model', { timeout: 900_000 }, async (t) => {
  const d = await thing('model', { 'reject-at-most': '100%', 'delete-at-most': '100%' });
  await d.deliverer('one', SCOPES.one);
  await d.deliverer('two', SCOPES.two);
  t.ok((await holdAgainstModel(d, owner, 200)) > 400);
});

t.test('a body of 200 MB is never held in memory', async (t) => {
  const d = await thing('huge');
  const ballast = 'x'.repeat(10_000);
  const held = heldMemory();
  const before = held();
  let peak = 0;
  const lines = function* () {
    for (let i = 0; i < 20_000; i++) {
      if (i % 500 === 0) peak = Math.max(peak, held());
      yield Buffer.from(`${JSON.stringify({ code: `c${i}`, part: 'a', name: 'n', ballast })}\n`);
    }
  };
  // Not fetch: it reads the whole body before the socket accepts it.
  const sending = request(`${node.baseUrl}${d.path}?mode=snapshot`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await node.token('main')}`,
      'content-type': 'application/x-ndjson',
      'idempotency-key': 'huge',
    },
  });
  const replied = once(sending, 'response');
  await pipeline(lines, sending);
  const [response] = await replied;
  t.match(JSON.parse(await text(response)), {
    state: 'published',
    accepted: 20_000,
    report: { unmapped: ['ballast'] },
  });
  t.ok(peak - before < 30_000_000, `${Math.round((peak - before) / 1_000_000)} MB more than before, sender included`);
});
