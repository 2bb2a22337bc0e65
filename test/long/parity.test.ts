import t from 'tap';
import { fixture } from '../parity/fixture.js';
import { holdParity } from '../parity/parity.js';

t.setTimeout(3_600_000);
t.test('parity over many more grants and asks', async (t) => holdParity(t, await fixture(t), { runs: 60, asks: 6 }));
