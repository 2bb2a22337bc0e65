import t from '../support/tap.js';
import { fixture } from './fixture.js';
import { holdParity } from './parity.js';

t.setTimeout(120_000);
t.test('REST by GET, POST and QUERY, GraphQL and a naive evaluator agree on generated grants and asks', async (t) =>
  holdParity(t, await fixture(t), { runs: 10, asks: 5 }),
);
