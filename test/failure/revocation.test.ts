import { testNode } from '../support/node.js';
import t from '../support/tap.js';
import { addFieldUnderLoad, makeStricterUnderLoad } from './contract-change.js';
import { deliverPeople, people } from './residents.js';
import { disableUnderLoad, revokeUnderLoad } from './withdrawing.js';

// access.md, "Revocation": once the revoking call returns, no entry under the grant can commit on any node.
const first = await testNode(t);
await deliverPeople(first, people(8));
const second = await testNode(t, { beside: first });
await second.register('operator', { roles: ['operator'] });
await second.token('operator', 'platform');

t.test('a revoked grant gives nothing more, on either node', (t) => revokeUnderLoad(t, [first, second], 'reader-1'));

t.test('a disabled application gets nothing more, on either node', (t) =>
  disableUnderLoad(t, [first, second], 'reader-2'),
);

t.test('a contract that becomes stricter masks from its entry on, on either node', (t) =>
  makeStricterUnderLoad(t, [first, second]),
);

t.test('a contract that gains a field refuses no reader', (t) => addFieldUnderLoad(t, [first, second]));
